import { z } from 'zod';
import type { TokenUsage } from '../../domain/turns/turn.js';
import { exactUsage, tokens } from '../chatCompletions/completionUsage.js';

const count = tokens.nullish().catch(null);
const messageUsage = z.object({
  input_tokens: count,
  output_tokens: count,
  cache_creation_input_tokens: count,
  cache_read_input_tokens: count,
});
type MessageUsage = z.infer<typeof messageUsage>;

const fields = ['input_tokens', 'output_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens'] as const;

/** Counts the tokens of one message: each event that has counts replaces those before. */
export function createUsageCount() {
  const counted: MessageUsage = {};
  return {
    take(usage: unknown): void {
      const parsed = messageUsage.safeParse(usage);
      if (!parsed.success) return;
      for (const name of fields) counted[name] = parsed.data[name] ?? counted[name];
    },
    /** Null unless the server has counted both sides. What is written to its cache and read from it is part of the prompt. */
    usage(modelId: string): TokenUsage | null {
      const { input_tokens: input, output_tokens: completion, cache_creation_input_tokens: written } = counted;
      const { cache_read_input_tokens: cached } = counted;
      if (typeof input !== 'number' || typeof completion !== 'number') return null;
      return exactUsage(modelId, { prompt: input + (written ?? 0) + (cached ?? 0), completion, cached });
    },
  };
}

/** The usage of one reply that took several requests. Null if one of them is unknown. */
export function sumUsage(usages: (TokenUsage | null)[]): TokenUsage | null {
  const known = usages.filter((usage) => usage !== null);
  const last = known.at(-1);
  if (!last || known.length < usages.length) return null;
  const sum = (name: 'promptTokens' | 'completionTokens' | 'totalTokens' | 'cachedTokens') =>
    known.reduce((total, usage) => total + usage[name], 0);
  return {
    ...last,
    promptTokens: sum('promptTokens'),
    completionTokens: sum('completionTokens'),
    totalTokens: sum('totalTokens'),
    cachedTokens: sum('cachedTokens'),
  };
}
