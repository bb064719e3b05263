import type { TokenUsage } from './turn.js';

/** The usage of several calls together; null when none is known. As uncertain as its least certain part. */
export function addUsage(parts: TokenUsage[]): TokenUsage | null {
  const [first, ...rest] = parts;
  if (!first) return null;
  return rest.reduce(
    (sum, part) => ({
      promptTokens: sum.promptTokens + part.promptTokens,
      completionTokens: sum.completionTokens + part.completionTokens,
      totalTokens: sum.totalTokens + part.totalTokens,
      cachedTokens: sum.cachedTokens + part.cachedTokens,
      toolCallCount: sum.toolCallCount + part.toolCallCount,
      llmCallCount: sum.llmCallCount + part.llmCallCount,
      modelId: part.modelId,
      certainty: leastCertain(sum.certainty, part.certainty),
    }),
    first,
  );
}

const nothing = { promptTokens: 0, completionTokens: 0, totalTokens: 0, cachedTokens: 0, toolCallCount: 0 };

/** Of a call whose provider did not say, or was not heard to its end: what can be counted here. */
export function estimatedUsage(modelId: string, tokens: { prompt: number; completion: number }): TokenUsage {
  const { prompt, completion } = tokens;
  const counts = { promptTokens: prompt, completionTokens: completion, totalTokens: prompt + completion };
  return { ...nothing, ...counts, llmCallCount: 1, modelId, certainty: 'estimated' };
}

/** Of calls that were made and left nothing to count. */
export const unknownUsage = (modelId: string, llmCallCount: number): TokenUsage => ({
  ...nothing,
  llmCallCount,
  modelId,
  certainty: 'unknown',
});

/** About four characters a token: for texts that are closed where no tokenizer is at hand. */
const CHARACTERS_PER_TOKEN = 4;

/** What a reply cost that is closed in the place of its attempts. Its prompt is not known any more. */
export function usageOfRemains(modelId: string, text: string): TokenUsage {
  if (text === '') return unknownUsage(modelId, 1);
  return estimatedUsage(modelId, { prompt: 0, completion: Math.ceil(text.length / CHARACTERS_PER_TOKEN) });
}

const byCertainty: TokenUsage['certainty'][] = ['unknown', 'estimated', 'exact'];

function leastCertain(a: TokenUsage['certainty'], b: TokenUsage['certainty']): TokenUsage['certainty'] {
  return byCertainty.find((certainty) => certainty === a || certainty === b) ?? 'unknown';
}
