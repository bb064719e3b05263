import { z } from 'zod';
import { TurnFailure } from '../../domain/log/failures.js';
import { parseBounded } from '../../domain/text/boundedJson.js';
import { fromErrorObject } from '../errors/providerFailures.js';
import { MAX_CALLS, shortList } from '../replyLimits.js';
import { legacyCallDelta, toolCallDelta } from './toolCallDeltas.js';

/** One choice is asked for. */
const MAX_CHOICES = 128;

/** The fields that are read of a `chat.completion.chunk`. Servers omit a field that they do not have, or send null. */
const completionChunk = z.object({
  model: z.string().nullish(),
  choices: shortList(
    z.object({
      index: z.number().nullish(),
      delta: z
        .object({
          content: z.string().nullish(),
          // Not in OpenAI's own API: the names that servers give to thinking.
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

/** Throws `stream_broken` when the frame is no chunk, and the failure that an error object means. */
export function parseChunk(frame: string): CompletionChunk {
  const json = parseBounded(frame);
  if (json === undefined) throw new TurnFailure('stream_broken');
  if (typeof json === 'object' && json !== null && 'error' in json && json.error) throw fromErrorObject(json.error);
  const parsed = completionChunk.safeParse(json);
  // Without the parser's error: it quotes the frame, which is prose.
  if (!parsed.success) throw new TurnFailure('stream_broken');
  return parsed.data;
}
