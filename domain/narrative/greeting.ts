import type { NewEvent } from '../log/events.js';

/** The most of a greeting that is kept, in UTF-16 code units: names may be longer than their placeholders. */
const MAX_LENGTH = 200_000;

/** Replaces `{{user}}` and `{{char}}`, in any case, with the names of the user and the character, taken literally. */
export function replaceNames(text: string, names: { user: string; char: string }): string {
  return text.replace(/\{\{\s*(user|char)\s*\}\}/gi, (_, who: string) =>
    who.toLowerCase() === 'user' ? names.user : names.char,
  );
}

/** The first message of a new chat, said by its host to the user; none where the host has no greeting. */
export function greet(host: { id: string; name: string; greeting: string | null }, user: string): NewEvent[] {
  const text = replaceNames(host.greeting ?? '', { user, char: host.name })
    .slice(0, MAX_LENGTH)
    .toWellFormed();
  if (text.trim() === '') return [];
  const data = { speakerId: host.id, beat: 0, text, truncated: false, userTurnSeq: null, model: '' };
  return [{ kind: 'assistant_turn', data }];
}
