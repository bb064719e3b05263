import { readChosenModel, type UsableProvider } from '../../db/chats/providers.js';
import type { Pool } from '../../db/core/pool.js';
import type { SealingKey } from '../../db/core/sealed.js';
import { TurnFailure } from '../../domain/log/failures.js';
import type { ReplyProvider } from '../../llm/port.js';
import type { Fallback } from './streamedStep.js';

/** The provider and model of a turn's chat. */
export type ChosenProvider = {
  provider: ReplyProvider;
  model: string;
  fallback: Fallback | undefined;
  maxTokens?: number;
  temperature?: number;
  thinking?: boolean;
};
/** `of`: the id of a turn, or of a chat as it is set now. */
export type ProviderOf = (of: string) => Promise<ChosenProvider>;

/** A stored provider with its decrypted key. */
export type StoredServer = Pick<
  UsableProvider,
  'id' | 'baseUrl' | 'continuation' | 'api' | 'profile' | 'byOperator'
> & {
  apiKey: string;
};

/** How many connections to stored providers are kept. */
const KEPT = 64;

/**
 * Finds the chat's provider, or the server's. Throws `provider_key_unreadable` where its key cannot be
 * decrypted, and `provider_gone` where it was deleted: another server must not get the chat's texts.
 */
export function createProviderOf(deps: {
  pool: Pool;
  sealingKey: SealingKey | null;
  server: ReplyProvider;
  model: string;
  fallback: Fallback | undefined;
  connect(options: StoredServer): ReplyProvider;
}): ProviderOf {
  const connected = new Map<string, { settings: string; provider: ReplyProvider }>();

  function connectionTo({ id, apiKey, ...server }: UsableProvider): ReplyProvider {
    if (apiKey === null) throw new TurnFailure('provider_key_unreadable');
    const stored = { id, ...server, apiKey };
    // Its key may have changed since.
    const settings = JSON.stringify(stored);
    const before = connected.get(id);
    const known = before?.settings === settings ? before : { settings, provider: deps.connect(stored) };
    connected.delete(id);
    connected.set(id, known);
    if (connected.size > KEPT) connected.delete(connected.keys().next().value!);
    return known.provider;
  }

  return async (of) => {
    const chosen = await readChosenModel(deps.pool, deps.sealingKey, of);
    if (!chosen) throw new TurnFailure('turn_gone');
    const { provider, fallback, temperature } = chosen;
    const asked = {
      model: chosen.model ?? provider?.defaultModel ?? deps.model,
      ...(provider?.maxTokens ? { maxTokens: provider.maxTokens } : {}),
      ...(temperature === null ? {} : { temperature }),
      ...(chosen.thinking ? { thinking: true } : {}),
    };
    if (chosen.isGone) throw new TurnFailure('provider_gone');
    if (!provider) return { ...asked, provider: deps.server, fallback: deps.fallback };
    const other = fallback && { provider: connectionTo(fallback), model: fallback.defaultModel };
    return { ...asked, provider: connectionTo(provider), fallback: other ?? undefined };
  };
}
