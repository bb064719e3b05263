import { z } from 'zod';
import { toStorableModel } from '../../domain/text/storable.js';
import type { TokenUsage } from '../../domain/turns/turn.js';

/** A count of tokens. The limit is above any model's context, so that sums stay exact. */
export const tokens = z
  .number()
  .int()
  .nonnegative()
  .max(2 ** 31 - 1);

const completionUsage = z.object({
  prompt_tokens: tokens,
  completion_tokens: tokens,
  total_tokens: tokens.nullish(),
  prompt_tokens_details: z.object({ cached_tokens: tokens.nullish() }).nullish(),
});

/** The provider's own count for one call. Null without a valid one. */
export function toTokenUsage(usage: unknown, modelId: string): TokenUsage | null {
  const parsed = completionUsage.safeParse(usage);
  if (!parsed.success) return null;
  const { prompt_tokens, completion_tokens, total_tokens, prompt_tokens_details } = parsed.data;
  const cached = prompt_tokens_details?.cached_tokens;
  return exactUsage(modelId, { prompt: prompt_tokens, completion: completion_tokens, total: total_tokens, cached });
}

type Counted = {
  prompt: number;
  completion: number;
  total?: number | null | undefined;
  cached?: number | null | undefined;
};

/** The usage of one call by the provider's own count. */
export const exactUsage = (modelId: string, { prompt, completion, total, cached }: Counted): TokenUsage => ({
  promptTokens: prompt,
  completionTokens: completion,
  totalTokens: total ?? prompt + completion,
  cachedTokens: cached ?? 0,
  toolCallCount: 0,
  llmCallCount: 1,
  modelId: toStorableModel(modelId),
  certainty: 'exact',
});
