import { readChosenModel, type UsableProvider } from '../../db/chats/providers.js';
import type { Pool } from '../../db/core/pool.js';
import type { SealingKey } from '../../db/core/sealed.js';
import { TurnFailure } from '../../domain/log/failures.js';
import type { ReplyProvider } from '../../llm/port.js';
import type { Fallback } from './streamedStep.js';

/** Who answers in a turn's chat, and with which model. */
export type ChosenProvider = {
  provider: ReplyProvider;
  model: string;
  fallback: Fallback | undefined;
  maxTokens?: number;
  temperature?: number;
  thinking?: boolean;
};
export type ProviderOf = (turnId: string) => Promise<ChosenProvider>;

/** A stored provider, opened. */
export type StoredServer = Pick<UsableProvider, 'baseUrl' | 'continuation' | 'byOperator'> & { apiKey: string };

/** Connections to this many providers of chats are kept. */
const KEPT = 64;

/** Finds a chat's own provider, or else the server's. Throws a `TurnFailure` where its key can't be read. */
export function createProviderOf(deps: {
  pool: Pool;
  sealingKey: SealingKey | null;
  server: ReplyProvider;
  model: string;
  fallback: Fallback | undefined;
  connect(options: StoredServer): ReplyProvider;
}): ProviderOf {
  const connected = new Map<string, ReplyProvider>();

  function connectionTo({ id, apiKey, ...server }: UsableProvider): ReplyProvider {
    if (apiKey === null) throw new TurnFailure('provider_key_unreadable');
    const known = connected.get(id) ?? deps.connect({ ...server, apiKey });
    connected.delete(id);
    connected.set(id, known);
    if (connected.size > KEPT) connected.delete(connected.keys().next().value!);
    return known;
  }

  return async (turnId) => {
    const chosen = await readChosenModel(deps.pool, deps.sealingKey, turnId);
    if (!chosen) throw new TurnFailure('turn_gone');
    const { provider, fallback, temperature } = chosen;
    const asked = {
      model: chosen.model ?? provider?.defaultModel ?? deps.model,
      ...(provider?.maxTokens ? { maxTokens: provider.maxTokens } : {}),
      ...(temperature === null ? {} : { temperature }),
      ...(chosen.thinking ? { thinking: true } : {}),
    };
    if (!provider) return { ...asked, provider: deps.server, fallback: deps.fallback };
    const other = fallback && { provider: connectionTo(fallback), model: fallback.defaultModel };
    return { ...asked, provider: connectionTo(provider), fallback: other ?? undefined };
  };
}
