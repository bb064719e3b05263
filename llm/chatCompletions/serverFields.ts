import type { ServerFields } from '../../domain/agents/chatMessage.js';
import { type Fields, isFields, jsonTextOf } from '../looseJson.js';

/** What a server may attach to one call, as JSON text in UTF-16 code units. More is dropped. */
const MAX_SERVER_FIELDS = 64 * 1024;

/** The fields that the service reads. All others are the server's own. */
const read = new Set(['index', 'id', 'type', 'function', 'name', 'arguments']);
const readWithin = new Set(['index', 'name', 'arguments']);

/**
 * Collects the server's own fields of a call from its fragments, such as a signature of the reasoning behind it. Those
 * within `function` are kept under that name.
 */
export type ServerFieldsOfCall = {
  take(fragment: Fields): void;
  /** Undefined where the server sent none, or too much. */
  fields(): ServerFields | undefined;
  readonly tooLarge: boolean;
};

export function createServerFields(): ServerFieldsOfCall {
  let merged: ServerFields | undefined;
  let last = '';
  let size = 0;
  return {
    take(fragment) {
      const own = ownFields(fragment);
      if (!own) return;
      const json = jsonTextOf(own);
      // Some servers repeat the fields with each fragment.
      if (json === '' || json === last) return;
      last = json;
      size += json.length;
      if (size <= MAX_SERVER_FIELDS) merged = merge(merged ?? {}, own);
    },
    fields: () => (size <= MAX_SERVER_FIELDS ? merged : undefined),
    get tooLarge() {
      return size > MAX_SERVER_FIELDS;
    },
  };
}

function ownFields(fragment: Fields): ServerFields | undefined {
  const beside = without(fragment, read);
  const within = isFields(fragment.function) ? without(fragment.function, readWithin) : undefined;
  return within ? { ...beside, function: within } : beside;
}

/** The fields that are not in the set and have a value; undefined without any. */
function without(fields: Fields, left: Set<string>): ServerFields | undefined {
  const entries = Object.entries(fields).filter(([name, value]) => !left.has(name) && value != null);
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** Objects are merged; of other values the later one counts. The size of both limits the depth. */
function merge(before: ServerFields, added: ServerFields): ServerFields {
  const merged = { ...before };
  for (const [name, value] of Object.entries(added)) {
    const known = merged[name];
    merged[name] = isFields(known) && isFields(value) ? merge(known, value) : value;
  }
  return merged;
}
