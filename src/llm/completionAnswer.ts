import { z } from 'zod';
import { TurnFailure } from '../domain/failures.js';
import type { TokenUsage } from '../domain/turn.js';
import { toTokenUsage } from './completionUsage.js';
import { fromErrorObject } from './providerFailures.js';

/** What is read of a `chat.completion`. Servers leave out, or send null for, whatever they don't have. */
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

/** The content of a whole completion. Throws what the provider means by anything else. */
export function parseCompletion(body: string, requestedModel: string): { content: string; usage: TokenUsage | null } {
  const json = parseJson(body);
  if (typeof json === 'object' && json !== null && 'error' in json && json.error) throw fromErrorObject(json.error);
  const parsed = completion.safeParse(json);
  // the parser's complaint quotes the body, which is prose
  if (!parsed.success) throw new TurnFailure('provider_error');
  const [choice] = parsed.data.choices;
  if (choice?.message.refusal) throw new TurnFailure('provider_refused');
  if (choice?.finish_reason === 'content_filter') throw new TurnFailure('content_filter');
  if (!choice?.message.content) throw new TurnFailure('empty_reply');
  return {
    content: choice.message.content,
    usage: toTokenUsage(parsed.data.usage, parsed.data.model || requestedModel),
  };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new TurnFailure('provider_error');
  }
}
