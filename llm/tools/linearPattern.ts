import { RE2JS } from 're2js';

/** Of a pattern, in UTF-16 code units. Its program grows with it. */
const MAX_PATTERN = 1_000;

/** As much of a `RegExp` as `ajv` uses. */
export type Pattern = { test(text: string): boolean };

const anything: Pattern = { test: () => true };

/**
 * A pattern of a tool's schema by an engine that takes time linear in the text, whatever the pattern and the text.
 * What that engine does not have (look-around, back references), and patterns that are too long, are not checked here:
 * the server that published them checks what it gets.
 */
export function linearPattern(pattern: string): Pattern {
  if (pattern.length > MAX_PATTERN) return anything;
  try {
    const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
    return { test: (text) => compiled.test(text) };
  } catch {
    return anything;
  }
}
