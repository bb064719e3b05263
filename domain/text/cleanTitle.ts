/** The longest title that is taken from a model, in UTF-16 code units. */
const MAX_TITLE = 80;

/** More than any prefix or pair of marks that a model nests. */
const MAX_LAYERS = 6;

/** Control characters, characters that change the direction of text, and other invisible ones but joiners. */
const invisible = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]/gu;

/** What comes before a title: marks of headings, lists and quotations, and the word itself. */
const before = [
  /^#{1,6}\s+/,
  /^[-*+>•]\s+/,
  /^(?:chat |conversation )?(?:title|titel|titre|título|titolo)\s*[:：]\s*/iu,
];

/** Marks of Markdown around a part of a text. */
const marks = /(\*\*|__|~~|`)(?=\S)(.+?)(?<=\S)\1/gu;

const pairs = [
  ['"', '"'],
  ["'", "'"],
  ['“', '”'],
  ['„', '“'],
  ['‘', '’'],
  ['‚', '‘'],
  ['«', '»'],
  ['»', '«'],
  ['「', '」'],
  ['『', '』'],
  ['*', '*'],
  ['_', '_'],
  ['[', ']'],
] as const;

/**
 * Makes one line of a title as a model wrote it: the first line with a visible character, without control characters,
 * Markdown, a prefix such as `Title:`, marks around it and a full stop, of at most 80 UTF-16 code units. Null where
 * nothing is left.
 */
export function cleanTitle(written: string): string | null {
  const lines = written.split(/[\r\n\u2028\u2029]+/).map(visible);
  const line = lines.find((each) => /[\p{L}\p{N}\p{So}\p{Sc}]/u.test(each)) ?? '';
  const title = cut(bare(line.replace(marks, '$2')));
  return /[\p{L}\p{N}\p{So}\p{Sc}]/u.test(title) ? title : null;
}

const visible = (line: string) =>
  line.toWellFormed().replace(/\t/g, ' ').replace(invisible, '').replace(/\s+/g, ' ').trim();

/** Takes one layer after another from around a title, until nothing changes. */
function bare(line: string): string {
  let title = line;
  for (let layer = 0; layer < MAX_LAYERS; layer++) {
    const next = withoutStop(withoutPair(before.reduce((text, prefix) => text.replace(prefix, ''), title).trim()));
    if (next === title) break;
    title = next;
  }
  return title;
}

function withoutPair(title: string): string {
  const pair = pairs.find(([open, close]) => title.length > 1 && title.startsWith(open) && title.endsWith(close));
  if (!pair) return title;
  const inner = title.slice(pair[0].length, -pair[1].length);
  // In `"Yes" and "No"` the first and the last mark are no pair.
  return inner.includes(pair[0]) || inner.includes(pair[1]) ? title : inner.trim();
}

/** Three dots are a part of the title, as is the last dot of an abbreviation such as `U.S.`. */
const withoutStop = (title: string) => title.replace(/(?<![.。]|\.\p{L})[.。]$/u, '').trimEnd();

function cut(title: string): string {
  if (title.length <= MAX_TITLE) return title;
  const start = title.slice(0, MAX_TITLE - 1);
  const word = start.lastIndexOf(' ');
  const kept = word > MAX_TITLE / 2 ? start.slice(0, word) : withoutHalf(start);
  return `${kept.replace(/[\s,;:–-]+$/u, '')}…`;
}

/** Without the half of a surrogate pair that a cut left at the end. */
const withoutHalf = (text: string) => text.replace(/[\ud800-\udbff]$/, '');
