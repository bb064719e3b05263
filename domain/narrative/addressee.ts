import type { Person } from './participants.js';

type Named = Pick<Person, 'id' | 'name'>;

/** Returns the id of the character that the prose addresses: the guest if it names only the guest, else the host. */
export function addresseeByName(prose: string, host: Named, guest: Named | null): string {
  return guest && mentions(prose, guest.name) && !mentions(prose, host.name) ? guest.id : host.id;
}

/** Letters, digits and marks of any script; the underscore, as in identifiers. */
const wordCharacter = /^[\p{L}\p{N}\p{M}_]/u;

/** Whether the name occurs as a whole word, in any case. The name is literal text, never a pattern. */
export function mentions(text: string, name: string): boolean {
  const wanted = fold(name.trim());
  if (!wanted) return false;
  const searched = fold(text);
  for (let at = searched.indexOf(wanted); at >= 0; at = searched.indexOf(wanted, nextStart(searched, at))) {
    if (!isInsideWord(searched, at) && !isInsideWord(searched, at + wanted.length)) return true;
  }
  return false;
}

const fold = (text: string) => text.normalize('NFC').toUpperCase();

/** The next offset where a word may begin. Searching again from inside the same word would take quadratic time. */
function nextStart(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && isInsideWord(text, at)) at += 1;
  return at;
}

/** Whether the characters on both sides of an offset belong to one word. */
function isInsideWord(text: string, at: number): boolean {
  return isWordCharacter(codePointBefore(text, at)) && isWordCharacter(text.codePointAt(at));
}

const isWordCharacter = (code: number | undefined) =>
  code !== undefined && wordCharacter.test(String.fromCodePoint(code));

function codePointBefore(text: string, at: number): number | undefined {
  if (at <= 0) return undefined;
  const last = text.charCodeAt(at - 1);
  const isLow = last >= 0xdc00 && last <= 0xdfff;
  return text.codePointAt(isLow && at >= 2 ? at - 2 : at - 1);
}
