/** A piece of a text: with `href` an address that stands in it without markup. */
export type TextPiece = { text: string; href: string | null };

const address = /\b(?:https?:\/\/|www\.)[^\s<>"“”]+/gi;

/** Whether a text is worth splitting: most have no address. */
export const mayHaveLinks = (text: string): boolean => /:\/\/|www\./i.test(text);

/** Splits a text at the web addresses in it. The texts of the pieces joined are the text. */
export function splitAtLinks(text: string): TextPiece[] {
  const pieces: TextPiece[] = [];
  let from = 0;
  for (const match of text.matchAll(address)) {
    const found = withoutTail(match[0]);
    const href = hrefOf(found);
    if (href === null) continue;
    if (match.index > from) pieces.push({ text: text.slice(from, match.index), href: null });
    pieces.push({ text: found, href });
    from = match.index + found.length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from), href: null });
  return pieces;
}

/** Without the punctuation of the sentence, and without a bracket that was opened before the address. */
function withoutTail(found: string): string {
  let end = found.length;
  for (; end > 0; end--) {
    const last = found[end - 1] ?? '';
    if (/[.,;:!?'’*_~]/.test(last)) continue;
    const opening = { ')': '(', ']': '[', '}': '{' }[last];
    if (opening && count(found.slice(0, end), last) > count(found.slice(0, end), opening)) continue;
    break;
  }
  return found.slice(0, end);
}

const count = (text: string, character: string): number => text.split(character).length - 1;

function hrefOf(found: string): string | null {
  const href = /^www\./i.test(found) ? `https://${found}` : found;
  if (!URL.canParse(href)) return null;
  const { hostname } = new URL(href);
  return hostname.includes('.') || hostname === 'localhost' || hostname.startsWith('[') ? href : null;
}
