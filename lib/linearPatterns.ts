import { RE2JS } from 're2js';

/** A pattern as a lorebook writes it: alone, or between slashes with flags. */
export type LorePattern = { pattern: string; caseSensitive: boolean };

/** The longest pattern that is compiled, in UTF-16 code units, and the largest program that it may become. */
const MAX_PATTERN = 500;
const MAX_PROGRAM = 2_000;
/** The longest part of a line that patterns are tried on, its end. */
const SCANNED_LENGTH = 4_000;
/** Instructions times characters of one search: some tens of milliseconds at worst. */
const MAX_WORK = 10_000_000;
const KEPT = 500;

type Compiled = { test(text: string): boolean; size: number };

const compiled = new Map<string, Compiled | null>();

/** Null where the engine lacks something that the pattern has (look-around, back references), or it is too large. */
function compile({ pattern, caseSensitive }: LorePattern): Compiled | null {
  if (pattern.length > MAX_PATTERN) return null;
  const [, source = pattern, flags = ''] = /^\/(.+)\/([a-z]*)$/s.exec(pattern) ?? [];
  const isFolded = !caseSensitive || flags.includes('i');
  const mode = (isFolded ? RE2JS.CASE_INSENSITIVE : 0) | (flags.includes('m') ? RE2JS.MULTILINE : 0);
  try {
    const made = RE2JS.compile(RE2JS.translateRegExp(source), flags.includes('s') ? mode | RE2JS.DOTALL : mode);
    const size = made.programSize();
    return size > MAX_PROGRAM ? null : { test: (text) => made.test(text), size };
  } catch {
    return null;
  }
}

/** A lorebook is read with every prompt of its character: its patterns are kept. */
function compileOnce(pattern: LorePattern): Compiled | null {
  const key = `${pattern.caseSensitive ? 'exact' : 'folded'}:${pattern.pattern}`;
  const known = compiled.get(key);
  const made = known === undefined ? compile(pattern) : known;
  compiled.delete(key);
  compiled.set(key, made);
  if (compiled.size > KEPT) compiled.delete(compiled.keys().next().value!);
  return made;
}

/** Whether a pattern of a lorebook can be searched for. */
export const isUsablePattern = (pattern: LorePattern): boolean => compileOnce(pattern) !== null;

/**
 * The patterns that match one of the lines, in time that is linear in the lines. Patterns that do not fit into the work
 * of one search are left out, the last ones first, and so are those that are not usable.
 */
export function findPatterns(patterns: readonly LorePattern[], lines: readonly string[]): ReadonlySet<LorePattern> {
  const texts = lines.map((line) => line.slice(-SCANNED_LENGTH));
  const length = texts.reduce((sum, text) => sum + text.length + 1, 0);
  const found = new Set<LorePattern>();
  let work = 0;
  for (const pattern of patterns) {
    const program = compileOnce(pattern);
    if (!program || work + program.size * length > MAX_WORK) continue;
    work += program.size * length;
    if (texts.some((text) => program.test(text))) found.add(pattern);
  }
  return found;
}
