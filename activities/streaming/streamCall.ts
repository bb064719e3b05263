import type { CallSoFar } from '../../db/streaming/checkpoints.js';
import type { Reasoning } from '../../domain/agents/chatMessage.js';
import type { TokenUsage } from '../../domain/turns/turn.js';
import { approximateTokens, estimatedUsage, tokensOfBytes, utf8Bytes } from '../../domain/turns/usage.js';
import type { ReplyRequest } from '../../llm/port.js';

/** A streamed model call. */
export type StreamCall = {
  step: string;
  /** The attempt that made the request. */
  attempt: number;
  model: string;
  /** See `originOf`. */
  origin?: string;
  /** The texts of the request. */
  prompt: string[];
  /** The tokens of its images, as estimated. */
  imageTokens?: number;
  /** Whether an earlier attempt made the request, and this one resumes the response. */
  resumed: boolean;
  /** The epoch whose text it continues. */
  continuedEpoch?: number | undefined;
};

/** Estimates the tokens of a call so far, cheaply. The estimate is used if its worker is lost. */
export function createCallMeter(call: StreamCall) {
  const { step, attempt, model, continuedEpoch } = call;
  const promptTokens = approximateTokens(call.prompt) + (call.imageTokens ?? 0);
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

/** The texts of a request whose tokens count. */
export function promptTexts({ messages, tools, continueFrom }: Omit<ReplyRequest, 'requestId'>): string[] {
  const said = messages.flatMap((message) => [
    message.content,
    ...('attached' in message ? (message.attached ?? []) : []).flatMap((part) =>
      part.type === 'text' ? [part.text] : [],
    ),
    ...('toolCalls' in message ? message.toolCalls.map((call) => call.name + call.arguments) : []),
    ...('reasoning' in message && message.reasoning ? reasoningTexts(message.reasoning) : []),
  ]);
  return [...said, ...(tools ?? []).map((tool) => JSON.stringify(tool)), ...(continueFrom ? [continueFrom] : [])];
}

const reasoningTexts = ({ text, blocks }: Reasoning): string[] => [
  text,
  ...blocks.map(({ block }) => JSON.stringify(block)),
];

type Streamed = { call: StreamCall; received(): { text: string; thinking: string } };

/** Longer texts, in UTF-16 code units, are estimated: counting them would block all streams of the worker. */
const MAX_COUNTED = 200_000;

/** The usage of a landed call: as the provider reports it, else counted here. */
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
  const prompt = count(call.prompt) + (call.imageTokens ?? 0);
  return estimatedUsage(call.model, { prompt, completion: count([text, thinking]) });
}
