import type { ToolCallRequest } from '../../domain/agents/chatMessage.js';
import { TurnFailure } from '../../domain/log/failures.js';
import { parseBounded } from '../../domain/text/boundedJson.js';
import { createScanner, type Scanner } from '../jsonScanner.js';
import { countOf, type Fields, fieldsOf, isFields, jsonTextOf, textOf } from '../looseJson.js';
import { MAX_ARGUMENTS, MAX_CALLS } from '../replyLimits.js';
import { createServerFields, type ServerFieldsOfCall } from './serverFields.js';

/** Assembles the tool calls of a reply from their fragments, in each form in which servers send them. */
export type ToolCallDeltas = {
  /** Fragments of calls, or whole calls, in the order of the stream. */
  take(fragments: readonly unknown[]): void;
  /** Calls that are whole. Those whose id is known are left out. */
  takeWhole(calls: readonly unknown[]): void;
  /** The calls in the order of their first fragment. Those without a name are dropped; the id may be empty. */
  calls(): ToolCallRequest[];
  /** The number of calls whose server fields were dropped, because they are too large. */
  dropped(): number;
};

type Call = {
  index: number | null;
  id: string;
  name: string;
  sent: string;
  /** The newest piece, as long as each piece repeats the one before and adds to it. */
  soFar: string | null;
  scanner: Scanner;
  server: ServerFieldsOfCall;
};

/** A fragment, with its arguments as text. `isWhole`: they were an object. */
type Fragment = { index: number | null; id: string; name: string; piece: string; isWhole: boolean; fields: Fields };

export function createToolCallDeltas(): ToolCallDeltas {
  const calls: Call[] = [];
  let size = 0;

  function begin({ index }: Pick<Fragment, 'index'>): Call {
    if (calls.length >= MAX_CALLS) throw new TurnFailure('reply_too_large');
    const scanner = createScanner();
    const call: Call = { index, id: '', name: '', sent: '', soFar: '', scanner, server: createServerFields() };
    calls.push(call);
    return call;
  }

  /** The call that the fragment may belong to: by its index, else by its id, else the last one. */
  function callBefore({ index, id, name }: Fragment): Call | undefined {
    const last = calls.at(-1);
    if (index !== null) {
      const known = calls.findLast((call) => call.index === index);
      // Some servers send the index with later fragments only.
      return known ?? (last?.index === null && id === '' && name === '' ? last : undefined);
    }
    const known = id === '' ? last : calls.findLast((call) => call.id === id);
    return known ?? (name === '' && last && !last.scanner.isComplete() ? last : undefined);
  }

  function add(call: Call, { index, id, name, piece, isWhole, fields }: Fragment): void {
    size += piece.length;
    if (size > MAX_ARGUMENTS) throw new TurnFailure('reply_too_large');
    call.index ??= index;
    call.id ||= id;
    call.name = joinName(call, name);
    call.server.take(fields);
    if (piece === '' || (piece === call.sent && call.scanner.isComplete())) return;
    // `{}` stands for arguments that follow.
    const replaces = isWhole || isEmptyObject(call.sent);
    if (replaces) call.scanner = createScanner();
    call.sent = replaces ? piece : call.sent + piece;
    call.soFar = replaces || (call.soFar !== null && piece.startsWith(call.soFar)) ? piece : null;
    call.scanner.push(piece);
  }

  return {
    take(fragments) {
      for (const each of fragments) {
        const fragment = toFragment(fieldsOf(each));
        const before = callBefore(fragment);
        add(before && !beginsAnother(before, fragment) ? before : begin(fragment), fragment);
      }
    },
    takeWhole(whole) {
      const known = new Set(calls.map(({ id }) => id));
      for (const each of whole) {
        const call = toFragment(fieldsOf(each));
        if (call.id === '' || !known.has(call.id)) add(begin({ index: null }), { ...call, index: null });
      }
    },
    calls: () => calls.flatMap((call) => (call.name === '' ? [] : [toRequest(call)])),
    dropped: () => calls.filter(({ server }) => server.tooLarge).length,
  };
}

function toFragment(fields: Fields): Fragment {
  // The form of some servers: name and arguments without `function`.
  const named = isFields(fields.function) ? fields.function : fields;
  const sent = named.arguments;
  const isWhole = typeof sent === 'object' && sent !== null;
  const piece = isWhole ? jsonTextOf(sent) : textOf(sent);
  return { index: countOf(fields.index), id: textOf(fields.id), name: textOf(named.name), piece, isWhole, fields };
}

/**
 * Whether a fragment begins another call, although the call before it has the same index, or it has none. Servers repeat
 * the name and the id, or make a new id for each fragment, so a call ends only with complete arguments or with another name.
 */
function beginsAnother(call: Call, { id, name, piece }: Fragment): boolean {
  const isComplete = call.scanner.isComplete();
  const hasSameId = id !== '' && id === call.id;
  if (name !== '' && call.name !== '' && name !== call.name && (!hasSameId || isComplete)) return true;
  if (!isComplete || hasSameId) return false;
  const hasNewId = id !== '' && call.id !== '';
  if (hasNewId) return name !== '' || !isEmptyObject(call.sent);
  return name !== '' && piece !== '' && (!isEmptyObject(call.sent) || isEmptyObject(piece));
}

/** Names may come in pieces under one id, and grow there. */
function joinName({ name: before, sent }: Call, name: string): string {
  if (before === '' || name === '' || sent !== '' || name === before) return before || name;
  return name.startsWith(before) ? name : before + name;
}

const isEmptyObject = (text: string): boolean => text.length <= 16 && /^\s*\{\s*\}\s*$/.test(text);

function toRequest(call: Call): ToolCallRequest {
  const { id, name, server } = call;
  const serverFields = server.fields();
  return { id, name, arguments: argumentsOf(call), ...(serverFields ? { serverFields } : {}) };
}

/** Some servers send all arguments so far with each fragment. Joined, these are no JSON. */
function argumentsOf({ sent, soFar }: Call): string {
  if (soFar === null || soFar === sent || parseBounded(sent) !== undefined) return sent;
  return parseBounded(soFar) === undefined ? sent : soFar;
}
