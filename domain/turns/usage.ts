import type { TokenUsage } from './turn.js';

type Counts = Pick<TokenUsage, 'promptTokens' | 'completionTokens' | 'totalTokens' | 'cachedTokens' | 'llmCallCount'>;

const nothing = { promptTokens: 0, completionTokens: 0, totalTokens: 0, cachedTokens: 0, llmCallCount: 0 };

/** The estimated usage of a call whose provider sent no usage, or was cut off before it did. */
export function estimatedUsage(modelId: string, tokens: { prompt: number; completion: number }): TokenUsage {
  const { prompt, completion } = tokens;
  const counts = { promptTokens: prompt, completionTokens: completion, totalTokens: prompt + completion };
  return { ...nothing, ...counts, toolCallCount: 0, llmCallCount: 1, modelId, certainty: 'estimated' };
}

/** The usage of a call whose tokens are unknown, such as a refused one. */
export const unknownUsage = (modelId: string): TokenUsage => ({
  ...nothing,
  toolCallCount: 0,
  llmCallCount: 1,
  modelId,
  certainty: 'unknown',
});

/**
 * Estimates the tokens of texts quickly, for lost calls: UTF-8 bytes divided by four. That is close for English, and
 * acceptable for scripts whose characters take three bytes.
 */
export const approximateTokens = (texts: readonly string[]): number =>
  tokensOfBytes(texts.reduce((bytes, text) => bytes + utf8Bytes(text), 0));

const BYTES_PER_TOKEN = 4;

export const tokensOfBytes = (bytes: number): number => Math.ceil(bytes / BYTES_PER_TOKEN);

export function utf8Bytes(text: string): number {
  let bytes = 0;
  for (let n = 0; n < text.length; n++) bytes += bytesOf(text.charCodeAt(n));
  return bytes;
}

/** The UTF-8 bytes of a UTF-16 code unit. Each half of a surrogate pair counts as two of four bytes. */
function bytesOf(unit: number): number {
  if (unit < 0x80) return 1;
  return unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 2 : 3;
}

/** A request of a turn to a model. Postgres keeps the record from before the request is sent until the turn ends. */
export type CallRecord = {
  step: string;
  /** Counts from 1 within the step. It is part of the request's id. */
  attempt: number;
  /** Null until it is known that the request was sent. */
  model: string | null;
  /** Estimates while the call runs: of its prompt, and of the text in the newest checkpoint. */
  promptTokens: number | null;
  completionTokens: number;
  /** The draft's epoch that contains its text, and the epoch whose text it continued. */
  epoch: number | null;
  continuedEpoch: number | null;
  /** The counted usage; null until the call has ended. */
  usage: TokenUsage | null;
  /** Whether it led to a reply or an answer. */
  used: boolean;
};

/**
 * The sum of the usage of all calls; null if there are none. A lost call is estimated: it has the prompt tokens of
 * another attempt at the same step, if the provider counted those. The sum is `exact` only if each call is, and
 * `unknown` only if the tokens of all calls are unknown.
 */
export function usageOfCalls(calls: readonly CallRecord[], toolCallCount = 0): TokenUsage | null {
  if (calls.length === 0) return null;
  const counted = calls.map((call) => ({ call, usage: call.usage ?? estimateOf(call, calls) }));
  const lost = sum(counted.filter(({ call }) => !call.used));
  const certainties = new Set(counted.map(({ usage }) => usage.certainty));
  return {
    ...sum(counted),
    toolCallCount,
    modelId: modelOf(calls),
    certainty: certainties.size === 1 ? [...certainties][0]! : 'estimated',
    wasted: { promptTokens: lost.promptTokens, completionTokens: lost.completionTokens, calls: lost.llmCallCount },
  };
}

function sum(counted: readonly { usage: TokenUsage }[]): Counts {
  return counted.reduce<Counts>(
    (total, { usage }) => ({
      promptTokens: total.promptTokens + usage.promptTokens,
      completionTokens: total.completionTokens + usage.completionTokens,
      totalTokens: total.totalTokens + usage.totalTokens,
      cachedTokens: total.cachedTokens + usage.cachedTokens,
      llmCallCount: total.llmCallCount + usage.llmCallCount,
    }),
    nothing,
  );
}

function estimateOf(call: CallRecord, calls: readonly CallRecord[]): TokenUsage {
  const siblings = calls.filter(
    ({ step, model }) => step === call.step && (model ?? call.model) === (call.model ?? model),
  );
  const counted = siblings.find(({ usage }) => usage?.certainty === 'exact')?.usage?.promptTokens;
  const estimates = [call, ...siblings].map(({ promptTokens }) => promptTokens);
  // The calls of a sub-agent's step have different prompts.
  const known = call.step.startsWith('tool:') ? [...estimates, counted] : [counted, ...estimates];
  const prompt = known.find((tokens) => typeof tokens === 'number');
  const modelId = call.model ?? '';
  if (typeof prompt !== 'number' && call.completionTokens === 0) return unknownUsage(modelId);
  return estimatedUsage(modelId, { prompt: prompt ?? 0, completion: call.completionTokens });
}

/** The model of the newest reply, else of the newest call that is known to have been sent. */
function modelOf(calls: readonly CallRecord[]): string {
  const sent = calls.flatMap(({ step, used, model, usage }) => {
    const modelId = usage?.modelId || model;
    return modelId ? [{ modelId, reply: step.startsWith('reply:'), used }] : [];
  });
  const found = sent.findLast(({ reply, used }) => reply && used) ?? sent.findLast(({ reply }) => reply) ?? sent.at(-1);
  return found?.modelId ?? '';
}

/** The calls whose text is in a draft's epoch: those that wrote it, and those whose text they continued. */
export function callsOfEpoch<C extends Pick<CallRecord, 'epoch' | 'continuedEpoch'>>(
  calls: readonly C[],
  epoch: number,
): C[] {
  const found = calls.filter((call) => call.epoch === epoch);
  const before = Math.max(...found.map(({ continuedEpoch }) => continuedEpoch ?? 0), 0);
  return before > 0 && before < epoch ? [...found, ...callsOfEpoch(calls, before)] : found;
}
