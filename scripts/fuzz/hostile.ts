import { gzipSync } from 'node:zlib';
import type { SeededRandom } from '../chaos/seededRandom.js';

/** Text that is written into JSON as it is, where a value would be. */
export const verbatim = (text: string) => `\u0002${text}\u0003`;

/** Serialises a body, with what is verbatim in it. Undefined where there is no value at all. */
export const toJson = (value: unknown): string =>
  (JSON.stringify(value) ?? '').replace(/"\\u0002(.*?)\\u0003"/g, (_, text: string) => String(JSON.parse(`"${text}"`)));

const long = (piece: string, times: number) => piece.repeat(times);

export const hostileTexts = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  'x\udfffy',
  '\ufeff',
  '\u202e\u2066',
  'e\u0301\u0301\u0301',
  '👩‍👩‍👧‍👦',
  '__proto__',
  'constructor',
  'null',
  '-1',
  '1e999',
  'NaN',
  "' or 1=1; --",
  '%00',
  '%ff',
  '../../etc/passwd',
  '#{7*7}',
  '<script>alert(1)</script>',
  '\r\nX-Injected: 1',
  '\\',
  '"',
  'file:///etc/passwd',
  'http://169.254.169.254/latest',
  'http://[::1]:1/',
  'http://u:p@127.0.0.1:9/',
  'javascript:alert(1)',
  long('ä', 3_000),
  long('a', 70_000),
  long('\u{1f600}', 500),
];

const hostileValues: unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  -0,
  1.5,
  1e21,
  -1e308,
  2 ** 31,
  2 ** 53,
  2 ** 63,
  verbatim('1e999'),
  verbatim('-1e999'),
  verbatim(`1${long('0', 400)}`),
  verbatim('0.1e-400'),
  verbatim('"\\ud800"'),
  verbatim('"\\u0000"'),
  verbatim('{"a":1,"a":2}'),
  verbatim('{"__proto__":{"isAdmin":true}}'),
  verbatim('{"constructor":{"prototype":{"x":1}}}'),
  verbatim(`${long('[', 200)}${long(']', 200)}`),
  verbatim(`${long('{"a":', 2_000)}1${long('}', 2_000)}`),
  verbatim(`[${long('0,', 3_000)}0]`),
  [],
  {},
  [null],
  [[]],
  [{}],
  { toString: 1 },
  { length: 2 ** 32 },
  { hasOwnProperty: 'x' },
];

function hostileValue(random: SeededRandom): unknown {
  return random.share() < 0.5 ? random.pick(hostileTexts) : random.pick(hostileValues);
}

type Path = (string | number)[];

/** The paths of all values in a value, its own too. */
function pathsOf(value: unknown, at: Path = []): Path[] {
  if (value === null || typeof value !== 'object') return [at];
  return [at, ...Object.entries(value).flatMap(([key, each]) => pathsOf(each, [...at, key]))];
}

type Tree = Record<string | number, unknown>;

/** A copy of the value in which one part is replaced, is missing, or has an unknown neighbour. */
export function mutate(value: unknown, random: SeededRandom): unknown {
  const path = random.pick(pathsOf(value)) ?? [];
  const last = path.at(-1);
  if (last === undefined) return typeof value === 'object' ? addTo(value, random) : hostileValue(random);
  const copy = structuredClone(value);
  const parent = path.slice(0, -1).reduce<unknown>((of, key) => (of as Tree)[key], copy) as Tree;
  const kind = random.between(1, 10);
  if (kind <= 2) delete parent[last];
  else if (kind === 3) parent[random.pick(hostileTexts) || 'more'] = hostileValue(random);
  else parent[last] = hostileValue(random);
  return copy;
}

function addTo(value: unknown, random: SeededRandom): unknown {
  if (value === null || Array.isArray(value) || random.share() < 0.3) return hostileValue(random);
  return { ...value, [random.pick(['unknown', 'constructor', 'owner', 'id', '']) ?? '']: hostileValue(random) };
}

/** Bodies that are no JSON, or hardly. */
export const hostileBodies: Buffer[] = [
  ...['', ' ', '{', '[1,]', "{'a':1}", '{"a":1}{', '\ufeff{}', 'null', '"text"', '0', '[]', 'NaN', '{"a":undefined}'],
  ...['{"__proto__":null}', '{"text":"a","text":"b"}', '{"name":"\\ud800","persona":"\\u0000"}', '{"":""}'],
  `${long('[', 50_000)}${long(']', 50_000)}`,
  long('[', 120_000),
  `{${long('"a":{', 40_000)}`,
  `"${long('x', 1_100_000)}"`,
]
  .map((text) => Buffer.from(text))
  .concat(
    Buffer.from([0x22, 0xff, 0xfe, 0x22]),
    Buffer.from([0x7b, 0x22, 0xc0, 0x80, 0x22, 0x3a, 0x31, 0x7d]),
    Buffer.from('{"name":"Mira","persona":""}', 'utf16le'),
    gzipSync('{"text":"packed"}'),
    gzipSync(Buffer.alloc(4_000_000, ' ')),
    gzipSync('{"text":"packed"}').subarray(0, 12),
  );

/** Segments of a path. The router sees each as one parameter. */
export const hostileSegments = [
  ...[
    '%00',
    '%ff',
    '%',
    '%zz',
    '%2e%2e',
    '%2f',
    'null',
    'undefined',
    '0',
    '-1',
    '__proto__',
    'constructor',
    '*',
    ':id',
  ],
  ...['%f0%9f%98%80', '%ed%a0%80', "'", '%22', '%27%20or%201=1', '%0d%0aX:1', '..;', '{}', '[]', 'chat_', 'turn_x'],
  long('a', 300),
  long('%41', 2_000),
];
