import { TurnFailure } from '../../domain/log/failures.js';
import { parseBounded } from '../../domain/text/boundedJson.js';
import { errorIn } from '../chatCompletions/streamedErrors.js';
import { notAnApi } from '../errors/providerFailures.js';
import { isFields } from '../looseJson.js';
import { MAX_WHOLE } from './boundedFetch.js';
import type { SentEvent } from './eventReader.js';
import { isEventStream, type NextPiece } from './readPiece.js';

/** The fields of answers and errors of the APIs. JSON without any of them comes from another kind of server. */
const known = ['choices', 'output', 'error', 'object', 'type'];

/**
 * Reads an answer that is JSON where a stream was requested: one object, or objects on lines of their own. Throws
 * `provider_not_an_api` for JSON of another kind of server.
 */
export async function* readJsonBody(
  first: Uint8Array | null,
  next: NextPiece,
  keepAlive: () => void,
  { status, headers }: Response,
): AsyncGenerator<SentEvent> {
  const text = await readText(first, next, keepAlive);
  const whole = parseBounded(text);
  if (whole === undefined) return yield* linesOf(text);
  const isKnown = [whole].flat().some((item) => isFields(item) && isOfApi(item));
  if (!isKnown && !isEventStream(headers.get('content-type'))) throw notAnApi(status);
  yield { name: null, data: text };
}

const isOfApi = (item: Record<string, unknown>): boolean =>
  known.some((name) => name in item) || ('code' in item && 'message' in item) || errorIn(item) !== null;

async function readText(first: Uint8Array | null, next: NextPiece, keepAlive: () => void): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for (let piece = first; piece !== null; piece = await next()) {
    size += piece.length;
    if (size > MAX_WHOLE) throw new TurnFailure('reply_too_large');
    text += decoder.decode(piece, { stream: true });
    keepAlive();
  }
  return text + decoder.decode();
}

function* linesOf(text: string): Generator<SentEvent> {
  for (let at = 0; at < text.length; ) {
    const found = text.indexOf('\n', at);
    const end = found < 0 ? text.length : found;
    const data = text.slice(at, end).trim();
    if (data !== '') yield { name: null, data };
    at = end + 1;
  }
}
