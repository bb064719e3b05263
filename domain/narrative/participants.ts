/** The user or a character of a chat. The user's id is `you`. */
export type Person = { id: string; name: string; persona: string };

export const YOU = 'you';

/** The speaker of replies in chats without characters. */
export const ASSISTANT = { id: 'assistant', name: 'assistant' };

export type Cast<P extends { id: string } = Person> = { host: P; guest: P | null };

/** The characters that remember a beat: the host, and the guest if there is one. Never `you`. */
export function witnesses<P extends { id: string }>({ host, guest }: Cast<P>): P[] {
  return guest ? [host, guest] : [host];
}

/** Every directed pair of the user and the characters: 2 pairs with one character, 6 with a guest. */
export function directedPairs(cast: Cast<{ id: string }>): { sourceId: string; targetId: string }[] {
  const ids = [YOU, ...witnesses(cast).map(({ id }) => id)];
  return ids.flatMap((sourceId) =>
    ids.filter((targetId) => targetId !== sourceId).map((targetId) => ({ sourceId, targetId })),
  );
}

/** The character that did not speak in a beat of `speakerId`; null without a guest. */
export function silentWitness<P extends { id: string }>({ host, guest }: Cast<P>, speakerId: string): P | null {
  if (!guest) return null;
  return speakerId === host.id ? guest : host;
}
