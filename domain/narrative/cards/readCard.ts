import { unstorableReason } from '../../text/storable.js';
import { cleanText } from '../../text/text.js';
import { personaOf } from './cardCharacter.js';
import { type CardData, cardData, knownFields, oldestFields } from './cardData.js';

/** A character card as it is kept. */
export type Card = {
  data: CardData;
  /** Fields of the file beside `data`, such as `create_date`. */
  beside: Record<string, unknown>;
};

/** What is wrong with a card: where, as a path such as `data.character_book.entries.2.keys`, and why. */
export type CardFault = { path: string; reason: string };

type JsonObject = Record<string, unknown>;

/** The longest persona, in UTF-16 code units. */
const MAX_PERSONA = 200_000;
/** The deepest nesting of a card. */
const MAX_DEPTH = 100;
const MAX_FAULTS = 5;

/** The names that other programs gave the fields of the oldest cards. */
const oldNames = {
  char_name: 'name',
  char_persona: 'description',
  world_scenario: 'scenario',
  char_greeting: 'first_mes',
  example_dialogue: 'mes_example',
  creatorcomment: 'creator_notes',
} as const;

/**
 * Reads a parsed card of version 1, 2 or 3. Known fields get the types of version 3, and all others are kept. Text that
 * Postgres can not store is made storable.
 */
export function readCard(file: unknown): { card: Card } | { faults: CardFault[] } {
  if (!isObject(file)) return { faults: [{ path: 'card', reason: 'must be an object' }] };
  const reason = unstorableReason(file, MAX_DEPTH);
  if (reason?.includes('nested')) return { faults: [{ path: 'card', reason }] };
  const { spec: _, spec_version: __, data, ...rest } = clean(file) as JsonObject;
  return isObject(data) ? readNested(data, rest) : readFlat(data, rest);
}

/** Version 2 and 3. The fields that the file repeats beside `data`, for readers of version 1, are dropped. */
function readNested(data: JsonObject, rest: JsonObject) {
  const repeated = pick(rest, oldestFields);
  const filled = Object.fromEntries(Object.entries(repeated).filter(([key]) => isMissing(data[key])));
  return check({ ...data, ...filled }, without(rest, oldestFields), 'data');
}

/** Version 1: the fields are those of the file. */
function readFlat(data: unknown, file: JsonObject) {
  const named = Object.entries(oldNames).filter(([old, name]) => !isMissing(file[old]) && isMissing(file[name]));
  const fields = { ...file, ...Object.fromEntries(named.map(([old, name]) => [name, file[old]])) };
  if (isMissing(fields.name)) {
    const path = data === undefined ? 'name' : 'data';
    return { faults: [{ path, reason: path === 'name' ? 'is missing' : 'must be an object' }] };
  }
  const known = pick(fields, knownFields);
  return check(known, without(fields, [...knownFields, ...named.map(([old]) => old)]), '');
}

function check(fields: JsonObject, beside: JsonObject, at: string): { card: Card } | { faults: CardFault[] } {
  if (isMissing(fields.name))
    return { faults: [{ path: [at, 'name'].filter(Boolean).join('.'), reason: 'is missing' }] };
  const parsed = cardData.safeParse(fields);
  if (parsed.success && personaOf(parsed.data).length > MAX_PERSONA) {
    const reason = `must have at most ${MAX_PERSONA} characters together with personality and scenario`;
    return { faults: [{ path: [at, 'description'].filter(Boolean).join('.'), reason }] };
  }
  if (parsed.success) return { card: { data: parsed.data, beside } };
  const faults = parsed.error.issues.slice(0, MAX_FAULTS).map(({ path, message }) => ({
    path: [at, ...path.map(String)].filter(Boolean).join('.'),
    reason: message,
  }));
  return { faults };
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isMissing = (value: unknown): boolean => value === undefined || value === null;

const pick = (from: JsonObject, names: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(from).filter(([key]) => names.includes(key)));
const without = (from: JsonObject, names: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(from).filter(([key]) => !names.includes(key)));

/** The value with storable texts. Its depth was checked. */
function clean(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (Array.isArray(value)) return value.map(clean);
  if (!isObject(value)) return value;
  // A key `__proto__` would set the prototype of a copy.
  const entries = Object.entries(value).filter(([key]) => key !== '__proto__');
  return Object.fromEntries(entries.map(([key, inner]) => [cleanText(key), clean(inner)]));
}
