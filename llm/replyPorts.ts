import type { ProfileSetting } from '../domain/providers/profileNames.js';
import type { ProviderApi } from '../domain/providers/providerApi.js';
import { createAnthropic } from './anthropic/anthropic.js';
import { type Continuation, createChatCompletions } from './chatCompletions/chatCompletions.js';
import type { ProviderServer } from './http/providerFetch.js';
import type { ReplyProvider } from './port.js';
import type { LearnedFacts } from './profiles/learnedFacts.js';
import { profileOf } from './profiles/profiles.js';
import { createResponses } from './responses/responses.js';

export type ReplyServer = ProviderServer & {
  api: ProviderApi;
  /** For Chat Completions; the other APIs have one form of requests. */
  profile: ProfileSetting;
  continuation?: Continuation | null | undefined;
  /** What was learnt of the server. Left out: what this process learns. */
  facts?: LearnedFacts | undefined;
  log?: { warn(fields: object, message: string): void } | undefined;
};

/** The port that asks a server for replies. */
export function createReplyPort({ api, profile, continuation, ...given }: ReplyServer): ReplyProvider {
  const { facts, log, ...server } = given;
  const known = { ...server, ...(facts ? { facts } : {}), ...(log ? { log } : {}) };
  switch (api) {
    case 'chat':
      return createChatCompletions({ ...known, continuation, profile: profileOf(profile, server.baseUrl) });
    case 'responses':
      return createResponses(known);
    case 'anthropic':
      return createAnthropic(known);
  }
}

/**
 * The URL that facts about a server are stored under. Those of the Messages API have fields of their own, so they are about
 * its address, and not about a base URL that may serve Chat Completions too.
 */
export const factsUrl = (api: ProviderApi, baseUrl: string): string =>
  api === 'anthropic' ? `${baseUrl.replace(/\/+$/, '').replace(/\/v1$/, '')}/v1/messages` : baseUrl;
