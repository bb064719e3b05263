import type { ToolCallRequest } from '../../domain/agents/chatMessage.js';
import { TurnFailure } from '../../domain/log/failures.js';
import { countOf, type Fields, fieldsOf, jsonTextOf, textOf } from '../looseJson.js';
import { MAX_ARGUMENTS, MAX_CALLS } from '../replyLimits.js';
import type { ResponseEvent, ResponseObject } from './responseEvents.js';

type Call = { id: string; itemId: string; index: number | null; name: string; sent: string };

/**
 * Collects the calls of a response from its events and from its output as it ended, which some servers leave empty. A call
 * that is in both counts once.
 */
export function createResponseCalls() {
  const calls: Call[] = [];

  function find({ id, itemId, index }: Pick<Call, 'id' | 'itemId' | 'index'>): Call | undefined {
    return (
      calls.find((call) => id !== '' && call.id === id) ??
      calls.find((call) => itemId !== '' && call.itemId === itemId) ??
      calls.find((call) => id === '' && itemId === '' && index !== null && call.index === index)
    );
  }

  function callOf(known: Pick<Call, 'id' | 'itemId' | 'index'>): Call {
    const found = find(known);
    if (found) return found;
    if (calls.length >= MAX_CALLS) throw new TurnFailure('reply_too_large');
    const call = { ...known, name: '', sent: '' };
    calls.push(call);
    return call;
  }

  function takeItem(item: Fields, index: number | null): void {
    if (item.type !== 'function_call') return;
    const call = callOf({ id: textOf(item.call_id), itemId: textOf(item.id), index });
    call.id ||= textOf(item.call_id);
    call.itemId ||= textOf(item.id);
    call.name = textOf(item.name) || call.name;
    call.sent = bounded(argumentsOf(item.arguments) || call.sent);
  }

  return {
    take({ type, fields }: ResponseEvent): void {
      const index = countOf(fields.output_index);
      if (type.startsWith('response.output_item.')) takeItem(fieldsOf(fields.item), index);
      if (!type.startsWith('response.function_call_arguments.')) return;
      const place = { id: textOf(fields.call_id), itemId: textOf(fields.item_id), index };
      const call = find(place) ?? calls.at(-1) ?? callOf(place);
      call.name ||= textOf(fields.name);
      if (type.endsWith('.delta')) call.sent = bounded(call.sent + textOf(fields.delta));
      if (type.endsWith('.done')) call.sent = bounded(argumentsOf(fields.arguments) || call.sent);
    },
    /** The calls in the order of their beginning. */
    calls({ output }: ResponseObject): ToolCallRequest[] {
      for (const [index, item] of output.entries()) takeItem(item, index);
      return calls.flatMap(({ id, name, sent }) => (name === '' ? [] : [{ id, name, arguments: sent }]));
    },
  };
}

const argumentsOf = (sent: unknown): string =>
  typeof sent === 'object' && sent !== null ? jsonTextOf(sent) : textOf(sent);

function bounded(sent: string): string {
  if (sent.length > MAX_ARGUMENTS) throw new TurnFailure('reply_too_large');
  return sent;
}
