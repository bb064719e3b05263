import { AddressRefused, type AddressRules, checkSpelledHost } from '../../lib/providerAddress.js';
import { Problem } from '../http/problem.js';

export type ProviderHosts = AddressRules['allowed'];

/**
 * Throws `provider_host_not_allowed` for a URL whose host is a private address. Names are not looked up here, because the
 * answer would reveal which names exist in the inner network: the worker checks their addresses at each connection.
 */
export function refusePrivateHost(baseUrl: string, rules: AddressRules): void {
  try {
    checkSpelledHost(new URL(baseUrl), rules);
  } catch (error) {
    if (error instanceof AddressRefused) throw new Problem('provider_host_not_allowed');
    throw error;
  }
}
