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

const byCertainty: TokenUsage['certainty'][] = ['unknown', 'estimated', 'exact'];

function leastCertain(a: TokenUsage['certainty'], b: TokenUsage['certainty']): TokenUsage['certainty'] {
  return byCertainty.find((certainty) => certainty === a || certainty === b) ?? 'unknown';
}
