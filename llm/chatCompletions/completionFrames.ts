import { TurnFailure } from '../../domain/log/failures.js';
import { parseBounded } from '../../domain/text/boundedJson.js';
import { fromErrorObject } from '../errors/providerFailures.js';
import { isDone, type SentEvent } from '../http/eventReader.js';
import { splitValues } from '../http/jsonValues.js';
import { type Fields, isFields } from '../looseJson.js';
import { errorOf } from './streamedErrors.js';

/** More lines in one event are not parsed one by one. */
const MAX_LINES = 10_000;

/**
 * The JSON objects of an event. Other JSON and words such as `ping` are ignored. Throws the failure that an event named
 * `error` means, and `stream_broken` for text that is not JSON.
 */
export function parseFrames({ name, data }: SentEvent): Fields[] {
  const text = withoutPrefix(data.trim());
  const found = parseAll(text);
  if (name === 'error') throw fromErrorObject(errorOf(found?.[0] ?? text));
  if (!found) {
    if (isKeepAlive(text) || !isMessage(name)) return [];
    // Without the text, which is prose.
    throw new TurnFailure('stream_broken');
  }
  return found.filter(isFields);
}

const isMessage = (name: string | null): boolean => name === null || name === 'message' || name === 'data';

/** Proxies send an event of an event. */
const withoutPrefix = (text: string): string => (text.startsWith('data:') ? text.slice('data:'.length).trim() : text);

const isKeepAlive = (text: string): boolean =>
  text === '' || text.startsWith(':') || /^(ping|keep-?alive|heartbeat)$/i.test(text.slice(0, 20));

/** The values of an event; null where it has text that is not JSON. */
function parseAll(text: string): unknown[] | null {
  const whole = parseBounded(text);
  if (whole !== undefined) return Array.isArray(whole) ? whole : [whole];
  if (!text.includes('\n')) return parseEach(splitValues(text) ?? [text]);
  // A frame was cut into lines, or lines are no frames of their own for want of a blank line.
  const joined = parseBounded(text.replaceAll('\n', ''));
  if (joined !== undefined) return [joined];
  const lines = text.split('\n', MAX_LINES + 1).map((line) => withoutPrefix(line.trim()));
  if (lines.length > MAX_LINES) return null;
  return parseEach(lines.filter((line) => !isKeepAlive(line) && !isDone(line)));
}

/** Null where one of them is no JSON. */
function parseEach(texts: string[]): unknown[] | null {
  const values = texts.map((text) => parseBounded(text));
  return values.includes(undefined) ? null : values;
}
