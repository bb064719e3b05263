import type { ServerFields } from '../../domain/agents/chatMessage.js';
import { TurnFailure } from '../../domain/log/failures.js';
import { parseFrames } from '../chatCompletions/completionFrames.js';
import { readEvents } from '../http/eventFrames.js';
import { isDone } from '../http/eventReader.js';
import { type Fields, fieldsOf, textOf } from '../looseJson.js';
import type { ReplyPart } from '../port.js';
import type { SilenceClock } from '../silenceClock.js';
import { createResponseCalls } from './responseCalls.js';
import { endedBy, type ResponseEvent, type ResponseObject, reasonOf, toEvent, usageOf } from './responseEvents.js';
import { createResponseTexts } from './responseTexts.js';

type Delta = ReplyPart & { type: 'delta' };

/** `id`: of the response, where it is known already. The texts: what was received of it before the first event. */
export type ResumedResponse = { id: string | null; text: string; thinking: string };

/** Reads the events of a response to its end. Throws `stream_broken` where they end before it. */
export async function* readResponseStream(
  response: Response,
  model: string,
  clock: SilenceClock,
  resumed: ResumedResponse = { id: null, text: '', thinking: '' },
): AsyncGenerator<ReplyPart> {
  let { id } = resumed;
  const texts = createResponseTexts(resumed);
  const items = createItems();
  const pairs = createPairs();
  for await (const event of eventsOf(response, clock)) {
    if (id === null && event.response && event.response.id !== '') {
      id = event.response.id;
      yield { type: 'response', id };
    }
    items.take(event);
    const ended = endedBy(event);
    const pieces = [...texts.take(event), ...(ended ? texts.rest(ended) : [])];
    for (const { channel, text } of pieces) {
      const numbered = event.sequence === null ? {} : { sequence: event.sequence };
      yield* pairs.take({ type: 'delta', channel, text, ...numbered });
    }
    if (!ended) continue;
    yield* pairs.end();
    return yield* items.ending(ended, model);
  }
  throw new TurnFailure('stream_broken');
}

async function* eventsOf(response: Response, clock: SilenceClock): AsyncGenerator<ResponseEvent> {
  for await (const event of readEvents(response, clock, () => undefined)) {
    if (isDone(event.data)) return;
    for (const fields of parseFrames(event)) yield toEvent(fields, event.name);
  }
}

/** The reasoning, the tool calls and the last part of a response that is read whole. */
export const endingOf = (ended: ResponseObject, model: string): ReplyPart[] => createItems().ending(ended, model);

/** Collects the items of a response beside its text, from its events and from its output. */
function createItems() {
  const calls = createResponseCalls();
  const reasoning = new Map<string, ServerFields>();

  function takeReasoning(item: Fields): void {
    const encrypted = textOf(item.encrypted_content);
    if (item.type === 'reasoning' && encrypted !== '' && reasoning.size < MAX_REASONING)
      reasoning.set(textOf(item.id) || encrypted, { ...item });
  }

  return {
    take(event: ResponseEvent): void {
      calls.take(event);
      if (event.type === 'response.output_item.done') takeReasoning(fieldsOf(event.fields.item));
    },
    ending(ended: ResponseObject, requestedModel: string): ReplyPart[] {
      const model = ended.model || requestedModel;
      for (const item of ended.output) takeReasoning(item);
      const asked = calls.calls(ended);
      const reason = reasonOf(ended, asked.length > 0);
      return [
        ...[...reasoning.values()].map((block): ReplyPart => ({ type: 'reasoning', api: 'responses', block })),
        ...asked.map((call): ReplyPart => ({ type: 'tool_call', ...call })),
        { type: 'finish', reason, usage: usageOf(ended, model), model },
      ];
    },
  };
}

const MAX_REASONING = 256;

/**
 * Passes a surrogate pair in two deltas on with the second one: an attempt that resumed after the first would lose half of
 * it. A half is held back once only, because a second high surrogate makes no pair.
 */
function createPairs() {
  let held: Delta | null = null;
  function* end(): Generator<Delta> {
    if (held) yield held;
    held = null;
  }
  return {
    end,
    *take(delta: Delta): Generator<Delta> {
      if (held && held.channel !== delta.channel) yield* end();
      const joined: Delta = held ? { ...delta, text: held.text + delta.text } : delta;
      held = !held && endsInHighSurrogate(joined.text) ? joined : null;
      if (!held) yield joined;
    },
  };
}

const endsInHighSurrogate = (text: string): boolean => {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff;
};
