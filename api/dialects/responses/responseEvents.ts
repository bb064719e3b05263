import {
  at,
  cursorAtEnd,
  cursorBefore,
  cursorIn,
  type MarkCursor,
  packCursor,
  textAfter,
} from '../../../domain/marks/cursor.js';
import type { LandedBeat, Mark, MarkItem, TurnEnd } from '../../../domain/marks/mark.js';
import { usageOfReplies } from '../../../domain/marks/usage.js';
import type { SseMessage } from '../core/sseOutput.js';
import {
  argumentsOf,
  endOfResponse,
  itemId,
  type OutputItem,
  outputItem,
  type ResponseHead,
  type ResponseObject,
  responseObject,
  summaryPart,
  textPart,
} from './responseObject.js';

type ResponseEvent = { type: string; sequence_number: number } & Record<string, unknown>;

export type ResponseEvents = {
  /** The events of marks that lie behind the cursor. */
  encode(marks: readonly Mark[]): SseMessage[];
  /** The response as it is after the last mark. */
  current(): ResponseObject;
};

export type ResponseEventsOptions = {
  head: ResponseHead;
  /** Whether the turn waits for the floor. */
  queued: boolean;
  cursor: MarkCursor | null;
  /**
   * Cuts text into single characters. Clients that read a stream again from its beginning leave out the events up to the
   * last number that they had, so that no event may hold text from before and after it.
   */
  singly: boolean;
  /** Unix seconds. */
  now: () => number;
};

/** The events of a streamed response. Their numbers are cursors, so that they are the same whenever they are sent. */
export function createResponseEvents({ head, queued, cursor, singly, now }: ResponseEventsOptions): ResponseEvents {
  const after = cursor ? packCursor(cursor) : -1;
  const output = new Map<number, OutputItem>();
  let beats: LandedBeat[] = [];
  let response = responseObject(head, { status: queued ? 'queued' : 'in_progress' });

  const event = (type: string, where: MarkCursor, fields: object): ResponseEvent => ({
    type,
    sequence_number: packCursor(where),
    ...fields,
  });

  function opened(): ResponseEvent[] {
    const running = responseObject(head, { status: 'in_progress' });
    return [
      event('response.created', cursorBefore(0), { response }),
      ...(queued ? [event('response.queued', cursorBefore(1), { response })] : []),
      event('response.in_progress', cursorBefore(2), { response: running }),
    ];
  }

  function landedAt(): number {
    const at = beats.at(-1)?.at;
    return at === undefined ? now() : Math.floor(Date.parse(at) / 1_000);
  }

  function end(how: TurnEnd): ResponseEvent[] {
    const outcome = endOfResponse(how, beats);
    const usage = usageOfReplies(how, beats);
    const last = { ...outcome, output: [...output.values()], usage, completedAt: outcome.error ? null : landedAt() };
    response = responseObject(head, last);
    const status = outcome.status === 'cancelled' ? 'incomplete' : outcome.status;
    const shown = responseObject(head, { ...last, status });
    return [event(`response.${status}`, cursorAtEnd, { response: shown })];
  }

  function eventsOf(mark: Mark): ResponseEvent[] {
    switch (mark.type) {
      case 'opened':
        return opened();
      case 'itemOpened':
        return itemOpened(event, head.id, mark.item);
      case 'text':
        return textPieces(mark, cursor, singly).map((piece) => delta(event, head.id, piece));
      case 'itemClosed':
        output.set(mark.item.ordinal, outputItem(head.id, mark.item, mark.text));
        return itemClosed(event, head.id, mark);
      case 'voided':
        for (const { ordinal } of mark.items) output.delete(ordinal);
        return [];
      case 'beatLanded':
        beats = [...beats, mark.beat];
        return [];
      case 'approval':
        return [];
      case 'ended':
        return end(mark.end);
    }
  }

  return {
    current: () => response,
    encode: (marks) =>
      marks
        .flatMap(eventsOf)
        .flatMap((each) => (each.sequence_number > after ? [{ event: each.type, data: each }] : [])),
  };
}

type NewEvent = (type: string, where: MarkCursor, fields: object) => ResponseEvent;
type TextMark = Extract<Mark, { type: 'text' }>;

const indexes = (responseId: string, item: MarkItem) => ({
  item_id: itemId(responseId, item),
  output_index: item.ordinal,
});

function itemOpened(event: NewEvent, responseId: string, item: MarkItem): ResponseEvent[] {
  const where = indexes(responseId, item);
  const added = event('response.output_item.added', cursorIn(item, at.opened(0)), {
    output_index: item.ordinal,
    item: outputItem(responseId, item, null),
  });
  const second = cursorIn(item, at.opened(1));
  switch (item.kind) {
    case 'text':
      return [added, event('response.content_part.added', second, { ...where, content_index: 0, part: textPart('') })];
    case 'thinking':
      return [
        added,
        event('response.reasoning_summary_part.added', second, { ...where, summary_index: 0, part: summaryPart('') }),
      ];
    case 'call':
      return [
        added,
        event('response.function_call_arguments.delta', second, { ...where, delta: argumentsOf(item.arguments) }),
      ];
    case 'result':
      return [added];
  }
}

function delta(event: NewEvent, responseId: string, { item, to, text }: TextMark): ResponseEvent {
  const where = { ...indexes(responseId, item), delta: text };
  return item.kind === 'thinking'
    ? event('response.reasoning_summary_text.delta', cursorIn(item, at.text(to)), { ...where, summary_index: 0 })
    : event('response.output_text.delta', cursorIn(item, at.text(to)), { ...where, content_index: 0, logprobs: [] });
}

function itemClosed(
  event: NewEvent,
  responseId: string,
  { item, text, length }: Extract<Mark, { type: 'itemClosed' }>,
): ResponseEvent[] {
  const where = indexes(responseId, item);
  const [first, second, third] = ([0, 1, 2] as const).map((part) => cursorIn(item, at.closed(length, part)));
  const done = event('response.output_item.done', third!, {
    output_index: item.ordinal,
    item: outputItem(responseId, item, text),
  });
  switch (item.kind) {
    case 'text':
      return [
        event('response.output_text.done', first!, { ...where, content_index: 0, text, logprobs: [] }),
        event('response.content_part.done', second!, { ...where, content_index: 0, part: textPart(text) }),
        done,
      ];
    case 'thinking':
      return [
        event('response.reasoning_summary_text.done', first!, { ...where, summary_index: 0, text }),
        event('response.reasoning_summary_part.done', second!, { ...where, summary_index: 0, part: summaryPart(text) }),
        done,
      ];
    case 'call':
      return [
        event('response.function_call_arguments.done', first!, {
          ...where,
          name: item.name,
          arguments: argumentsOf(item.arguments),
        }),
        done,
      ];
    case 'result':
      return [done];
  }
}

/** The pieces of a text mark behind the cursor. No piece ends within a surrogate pair. */
function textPieces(mark: TextMark, cursor: MarkCursor | null, singly: boolean): TextMark[] {
  const rest = textAfter(cursor, mark);
  if (!rest) return [];
  if (!singly) return [rest];
  let from = rest.from;
  return [...rest.text].map((text) => {
    const piece = { ...rest, from, to: from + text.length, text };
    from = piece.to;
    return piece;
  });
}
