import { z } from 'zod';
import type { TokenUsage } from '../domain/turn.js';

const tokens = z.number().int().nonnegative();

const completionUsage = z.object({
  prompt_tokens: tokens,
  completion_tokens: tokens,
  total_tokens: tokens.nullish(),
  prompt_tokens_details: z.object({ cached_tokens: tokens.nullish() }).nullish(),
});

/** The provider's own count for one call. Null when it sent none, or none that adds up to one. */
export function toTokenUsage(usage: unknown, modelId: string): TokenUsage | null {
  const parsed = completionUsage.safeParse(usage);
  if (!parsed.success) return null;
  const { prompt_tokens, completion_tokens, total_tokens, prompt_tokens_details } = parsed.data;
  return {
    promptTokens: prompt_tokens,
    completionTokens: completion_tokens,
    totalTokens: total_tokens ?? prompt_tokens + completion_tokens,
    cachedTokens: prompt_tokens_details?.cached_tokens ?? 0,
    toolCallCount: 0,
    llmCallCount: 1,
    modelId,
    certainty: 'exact',
  };
}
