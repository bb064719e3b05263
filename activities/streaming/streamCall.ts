import type { CallSoFar } from '../../db/streaming/checkpoints.js';
import type { TokenUsage } from '../../domain/turns/turn.js';
import { approximateTokens, estimatedUsage, tokensOfBytes, utf8Bytes } from '../../domain/turns/usage.js';
import type { ReplyRequest } from '../../llm/port.js';

/** A streamed call of a model. */
export type StreamCall = {
  step: string;
  /** The attempt that asked for it. */
  attempt: number;
  model: string;
  /** All that it is asked with, as texts. */
  prompt: string[];
  /** Whether an earlier attempt asked for it, and this one goes on with what the provider keeps. */
  resumed: boolean;
  /** The epoch whose text it continues. */
  continuedEpoch?: number | undefined;
};

/** Counts what a call has cost so far, by estimates that take next to no time, in case its worker is lost. */
export function createCallMeter(call: StreamCall) {
  const { step, attempt, model, continuedEpoch } = call;
  const promptTokens = approximateTokens(call.prompt);
  let received = 0;
  return {
    add(piece: string): void {
      received += utf8Bytes(piece);
    },
    soFar: (): CallSoFar => ({
      step,
      attempt,
      model,
      promptTokens,
      completionTokens: tokensOfBytes(received),
      continuedEpoch,
    }),
  };
}

/** All that a request asks a model with, as texts whose tokens can be counted. */
export function promptTexts({ messages, tools, continueFrom }: Omit<ReplyRequest, 'requestId'>): string[] {
  const said = messages.flatMap((message) => [
    message.content,
    ...('toolCalls' in message ? message.toolCalls.map((call) => call.name + call.arguments) : []),
  ]);
  return [...said, ...(tools ?? []).map((tool) => JSON.stringify(tool)), ...(continueFrom ? [continueFrom] : [])];
}

type Streamed = { call: StreamCall; received(): { text: string; thinking: string } };

/** Of texts that are longer together, in UTF-16 code units, tokens are estimated: to count them would hold up all streams. */
const MAX_COUNTED = 200_000;

/** The usage of a call that has landed: the provider's word, else counted here. */
export function usageOfStream(
  { call, received }: Streamed,
  said: TokenUsage | null,
  countTokens: (text: string) => number,
): TokenUsage {
  if (said) return said;
  const { text, thinking } = received();
  const count = (texts: string[]) => {
    const units = texts.reduce((sum, each) => sum + each.length, 0);
    return units > MAX_COUNTED ? approximateTokens(texts) : texts.reduce((sum, each) => sum + countTokens(each), 0);
  };
  return estimatedUsage(call.model, { prompt: count(call.prompt), completion: count([text, thinking]) });
}
