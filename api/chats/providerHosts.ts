import { AddressRefused, type AddressRules, checkSpelledHost } from '../../lib/providerAddress.js';
import { Problem } from '../http/problem.js';

export type ProviderHosts = AddressRules['allowed'];

/**
 * Throws `provider_host_not_allowed`. Names are not looked up here, or the answer would tell which exist inside: the
 * worker does it, with each connection.
 */
export function refuseInside(baseUrl: string, rules: AddressRules): void {
  try {
    checkSpelledHost(new URL(baseUrl), rules);
  } catch (error) {
    if (error instanceof AddressRefused) throw new Problem('provider_host_not_allowed');
    throw error;
  }
}
