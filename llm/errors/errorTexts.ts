import { parseBounded } from '../../domain/text/boundedJson.js';

/** The texts of a refusal's body, and the paths of the fields that it names. */
export type ErrorTexts = { message: string; paths: string[] };

const MAX_TEXT = 4_000;
const MAX_PATHS = 16;
const MAX_DEPTH = 6;
/** JSON in a text is parsed up to this length. */
const MAX_NESTED = 16_000;
/** The entries of a list or object that are read. */
const MAX_ENTRIES = 32;

/** The names under which servers explain an error. Others may quote the prompt. */
const explaining = new Set([
  'error',
  'errors',
  'message',
  'msg',
  'detail',
  'details',
  'metadata',
  'raw',
  'type',
  'code',
  'reason',
  'description',
  'innererror',
  'content_filter_result',
]);

/**
 * Reads the explanation of a refusal, also where it is nested: FastAPI and pydantic send a list in `detail` whose entries have
 * a path in `loc`, gateways put the body of another server as text into a field of theirs.
 */
export function readErrorTexts(body: unknown): ErrorTexts {
  const texts: string[] = [];
  const paths: string[] = [];
  let left = MAX_TEXT;
  const keep = (text: string) => {
    texts.push(text.slice(0, left));
    left -= text.length;
  };
  const readEntry = ([name, entry]: [string, unknown], depth: number): void => {
    const path = pathOf(name, entry);
    if (path !== null && paths.length < MAX_PATHS) paths.push(path);
    else if (explaining.has(name)) read(entry, depth);
  };
  const read = (value: unknown, depth: number): void => {
    if (depth > MAX_DEPTH || left <= 0) return;
    if (typeof value === 'string') {
      const nested = nestedIn(value);
      if (nested === undefined) keep(value);
      else read(nested, depth + 1);
    } else if (Array.isArray(value)) for (const entry of value.slice(0, MAX_ENTRIES)) read(entry, depth + 1);
    else for (const entry of Object.entries(value ?? {}).slice(0, MAX_ENTRIES)) readEntry(entry, depth + 1);
  };
  read(body, 0);
  return { message: texts.join('\n'), paths };
}

const nestedIn = (text: string): unknown =>
  text.length <= MAX_NESTED && /^\s*[{[]/.test(text) ? parseBounded(text) : undefined;

/** The path that `param`, or the `loc` of a validation error, names: without the word for the body itself. */
function pathOf(name: string, value: unknown): string | null {
  const isLoc = name === 'loc' && Array.isArray(value);
  const path = isLoc
    ? value.slice(0, MAX_ENTRIES).join('.')
    : name === 'param' && typeof value === 'string'
      ? value
      : '';
  const inBody = path.replace(/^body\./, '');
  return inBody === '' || inBody.length > 200 ? null : inBody;
}
