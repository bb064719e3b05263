import { isProfileSetting, type ProfileSetting } from './profileNames.js';
import { isProviderApi, type ProviderApi } from './providerApi.js';

/** Hosts that have Anthropic's Messages API, with their subdomains. */
export const anthropicHosts = ['api.anthropic.com'] as const;

/** Whether a server is at one of these hosts or their subdomains. */
export function isAtHost(hosts: readonly string[], baseUrl: string): boolean {
  const { hostname } = new URL(baseUrl);
  return hosts.some((host) => hostname === host || hostname.endsWith(`.${host}`));
}

/**
 * The API of a server for which none is set. Anthropic's own host gets its Messages API, unless a profile says how to write
 * requests for Chat Completions.
 */
export const apiOf = (server: { api: ProviderApi | null; profile: ProfileSetting; baseUrl: string }): ProviderApi =>
  server.api ?? (server.profile === 'auto' && isAtHost(anthropicHosts, server.baseUrl) ? 'anthropic' : 'chat');

/** What a stored provider says of itself. A word that this release does not know counts as none. */
type Stored = { baseUrl: string; api: string | null; profile: string | null };

export const profileSettingOf = ({ profile }: Pick<Stored, 'profile'>): ProfileSetting =>
  isProfileSetting(profile) ? profile : 'auto';

/** The API that a stored provider is asked by. */
export const apiOfStored = ({ baseUrl, api, profile }: Stored): ProviderApi =>
  apiOf({ api: isProviderApi(api) ? api : null, profile: profileSettingOf({ profile }), baseUrl });
