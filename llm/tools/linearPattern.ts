import { RE2JS } from 're2js';

/** The longest pattern that is compiled, in UTF-16 code units: the program grows with the pattern. */
const MAX_PATTERN = 1_000;

/** The part of `RegExp` that `ajv` uses. */
export type Pattern = { test(text: string): boolean };

const anything: Pattern = { test: () => true };

/**
 * Compiles a pattern of a tool's schema with an engine that takes time linear in the text. A pattern that the engine lacks
 * (look-around, back references) or that is too long matches everything: the tool's server checks its arguments itself.
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
