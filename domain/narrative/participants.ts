/** Someone present in a chat. The user's own id is the word `you`. */
export type Person = { id: string; name: string; persona: string };

export const YOU = 'you';

/** Who answers where no character does. */
export const ASSISTANT = { id: 'assistant', name: 'assistant' };

export type Cast<P extends { id: string } = Person> = { host: P; guest: P | null };

/** The characters who witness what happens: the host, and the guest if there is one. Never `you`. */
export function witnesses<P extends { id: string }>({ host, guest }: Cast<P>): P[] {
  return guest ? [host, guest] : [host];
}

/** Every directed pair of those present: 2 in a chat of one character, 6 with a guest. */
export function directedPairs(cast: Cast<{ id: string }>): { sourceId: string; targetId: string }[] {
  const ids = [YOU, ...witnesses(cast).map(({ id }) => id)];
  return ids.flatMap((sourceId) =>
    ids.filter((targetId) => targetId !== sourceId).map((targetId) => ({ sourceId, targetId })),
  );
}

/** The character who was there and did not speak; null without a guest. */
export function silentWitness<P extends { id: string }>({ host, guest }: Cast<P>, speakerId: string): P | null {
  if (!guest) return null;
  return speakerId === host.id ? guest : host;
}
