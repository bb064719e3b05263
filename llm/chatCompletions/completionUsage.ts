import { z } from 'zod';
import { toStorableModel } from '../../domain/text/storable.js';
import type { TokenUsage } from '../../domain/turns/turn.js';
import { countOf, type Fields, fieldsOf } from '../looseJson.js';

/** A count of tokens, also as text. The limit is above any model's context, so that sums stay exact. */
export const tokens = z.preprocess(
  (value) => countOf(value) ?? value,
  z
    .number()
    .int()
    .nonnegative()
    .max(2 ** 31 - 1),
);

/** The names of the counts: of OpenAI's Chat Completions, and of other APIs that servers pass on. */
const promptNames = ['prompt_tokens', 'input_tokens'];
const completionNames = ['completion_tokens', 'output_tokens'];

/** The provider's own count for one call. Null without a valid one. */
export function toTokenUsage(usage: unknown, modelId: string): TokenUsage | null {
  const fields = fieldsOf(usage);
  const [prompt, completion] = [countIn(fields, promptNames), countIn(fields, completionNames)];
  if (prompt === null || completion === null) return null;
  const details = fieldsOf(fields.prompt_tokens_details ?? fields.input_tokens_details);
  const cached = countIn(details, ['cached_tokens']) ?? countIn(fields, ['cached_tokens', 'prompt_cache_hit_tokens']);
  return exactUsage(modelId, { prompt, completion, total: countIn(fields, ['total_tokens']), cached });
}

function countIn(fields: Fields, names: string[]): number | null {
  for (const name of names) {
    const parsed = tokens.safeParse(fields[name]);
    if (parsed.success) return parsed.data;
  }
  return null;
}

/** Collects the usage of a stream, wherever its frames have it: the newest valid one counts. */
export function createUsage() {
  let newest: unknown;
  return {
    take(...usages: unknown[]): void {
      for (const usage of usages) if (isCounted(usage) || newest === undefined) newest = usage ?? newest;
    },
    of: (modelId: string): TokenUsage | null => toTokenUsage(newest, modelId),
  };
}

/** Some servers send zeros with frames that have no usage. */
const isCounted = (usage: unknown): boolean => (toTokenUsage(usage, '')?.totalTokens ?? 0) > 0;

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
