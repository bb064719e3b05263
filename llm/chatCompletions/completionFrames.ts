import { createParser } from 'eventsource-parser';
import { z } from 'zod';
import { TurnFailure } from '../../domain/log/failures.js';
import { parseBounded } from '../../domain/text/boundedJson.js';
import { fromErrorObject } from '../errors/providerFailures.js';
import { MAX_CALLS, MAX_FRAME, shortList } from '../replyLimits.js';
import { legacyCallDelta, toolCallDelta } from './toolCallDeltas.js';

/** Turns the bytes of a server-sent event stream, cut anywhere, into the data of its events. */
export type FrameReader = {
  push(bytes: Uint8Array): string[];
  /** What is left at the end of the body: a last event may lack its blank line. */
  end(): string[];
};

export function createFrameReader(): FrameReader {
  const text = new TextDecoder();
  let frames: string[] = [];
  const parser = createParser({
    onEvent: (event) => frames.push(event.data),
    // unknown fields are to be ignored by the standard; a frame without end is not
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') throw new TurnFailure('stream_broken');
    },
    maxBufferSize: MAX_FRAME,
  });
  const take = () => {
    const taken = frames;
    frames = [];
    return taken;
  };
  return {
    push(bytes) {
      parser.feed(text.decode(bytes, { stream: true }));
      return take();
    },
    end() {
      parser.feed(`${text.decode()}\n\n`);
      return take();
    },
  };
}

/** One choice is asked for. */
const MAX_CHOICES = 128;

/** What is read of a `chat.completion.chunk`. Servers leave out, or send null for, whatever they don't have. */
const completionChunk = z.object({
  model: z.string().nullish(),
  choices: shortList(
    z.object({
      index: z.number().nullish(),
      delta: z
        .object({
          content: z.string().nullish(),
          // not in OpenAI's own API: thinking, as the servers that have it name it
          reasoning_content: z.string().nullish(),
          reasoning: z.string().nullish(),
          tool_calls: shortList(toolCallDelta, MAX_CALLS).nullish(),
          function_call: legacyCallDelta.nullish(),
        })
        .nullish(),
      finish_reason: z.string().nullish(),
    }),
    MAX_CHOICES,
  ).nullish(),
  usage: z.unknown().optional(),
});
export type CompletionChunk = z.infer<typeof completionChunk>;

/** Throws `stream_broken` for what is no chunk, and what the provider means by it for an error object. */
export function parseChunk(frame: string): CompletionChunk {
  const json = parseBounded(frame);
  if (json === undefined) throw new TurnFailure('stream_broken');
  if (typeof json === 'object' && json !== null && 'error' in json && json.error) throw fromErrorObject(json.error);
  const parsed = completionChunk.safeParse(json);
  // the parser's complaint quotes the frame, which is prose
  if (!parsed.success) throw new TurnFailure('stream_broken');
  return parsed.data;
}
