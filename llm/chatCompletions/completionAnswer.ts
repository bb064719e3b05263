import { z } from 'zod';
import { TurnFailure } from '../../domain/log/failures.js';
import { parseBounded } from '../../domain/text/boundedJson.js';
import type { TokenUsage } from '../../domain/turns/turn.js';
import { isHtml } from '../errors/errorBody.js';
import { fromErrorObject, notAnApi } from '../errors/providerFailures.js';
import { toTokenUsage } from './completionUsage.js';

/** The fields that are read of a `chat.completion`. Servers omit a field that they do not have, or send null. */
const completion = z.object({
  model: z.string().nullish(),
  choices: z.array(
    z.object({
      message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
      finish_reason: z.string().nullish(),
    }),
  ),
  usage: z.unknown().optional(),
});

type Asked = { model: string; contentType: string | null };

/** The content of a complete answer. Throws the failure that any other answer means. */
export function parseCompletion(body: string, asked: Asked): { content: string; usage: TokenUsage | null } {
  const json = parseJson(body, asked.contentType);
  if (typeof json === 'object' && json !== null && 'error' in json && json.error) throw fromErrorObject(json.error);
  if (typeof json !== 'object' || json === null || !('choices' in json)) throw notAnApi(OK);
  const parsed = completion.safeParse(json);
  // Without the parser's error: it quotes the body, which is prose.
  if (!parsed.success) throw new TurnFailure('provider_error');
  const [choice] = parsed.data.choices;
  const usage = toTokenUsage(parsed.data.usage, parsed.data.model || asked.model);
  if (choice?.message.refusal) throw new TurnFailure('provider_refused', { usage });
  if (choice?.finish_reason === 'content_filter') throw new TurnFailure('content_filter', { usage });
  if (!choice?.message.content) throw new TurnFailure('empty_reply', { usage });
  return { content: choice.message.content, usage };
}

const OK = 200;

/** Invalid JSON with the type of JSON was cut off. A page or any other text is no answer of such an API. */
function parseJson(body: string, contentType: string | null): unknown {
  const json = parseBounded(body);
  if (json !== undefined) return json;
  const claimsJson = /json/i.test(contentType ?? 'json') && !isHtml(body, contentType);
  throw claimsJson || body === '' ? new TurnFailure('provider_error') : notAnApi(OK);
}
