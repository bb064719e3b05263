import { createScanner } from '../jsonScanner.js';

/** More values in one event are not parsed one by one. */
const MAX_VALUES = 10_000;

const isBetween = (unit: string): boolean => /^[\s,]$/.test(unit);

/**
 * The parts of a text that is a sequence of JSON objects and lists, with nothing but white space and commas between them.
 * Null for any other text. Takes linear time; the parts need not be valid JSON.
 */
export function splitValues(text: string): string[] | null {
  const values: string[] = [];
  let begin = 0;
  let scanner = createScanner();
  for (let at = 0; at < text.length; at++) {
    const unit = text.charAt(at);
    if (!scanner.hasBegun()) {
      if (isBetween(unit)) continue;
      if (unit !== '{' && unit !== '[') return null;
      begin = at;
    }
    scanner.push(unit);
    if (!scanner.isComplete()) continue;
    values.push(text.slice(begin, at + 1));
    if (values.length > MAX_VALUES) return null;
    scanner = createScanner();
  }
  return scanner.hasBegun() ? null : values;
}
