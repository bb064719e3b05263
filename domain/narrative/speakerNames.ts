import { type Person, witnesses } from './participants.js';

/** Names by which the lines of a reply may begin. */
export type SpeakerNames = {
  /** Of the speaker. */
  own: string[];
  /** Of the other participants. */
  others: string[];
};

/** What models write for a person that has no name of its own in their training data. */
const userWords = ['You', 'User', '{{user}}'];
const ownWords = ['{{char}}'];

/** The shortest first name that stands for the whole name, in UTF-16 code units. */
const MIN_FIRST_NAME = 3;
/** Longer names are not searched for. */
const MAX_NAME = 200;

export function speakerNames(input: {
  you: Person;
  host: Person;
  guest: Person | null;
  speakerId: string;
}): SpeakerNames {
  const { you, speakerId } = input;
  const all = [you, ...witnesses(input)];
  const namesOf = (person: Person) => [
    ...variants(person.name),
    ...firstNames(person, all),
    ...(person.id === you.id ? userWords : person.id === speakerId ? ownWords : []),
  ];
  const own = all.filter(({ id }) => id === speakerId).flatMap(namesOf);
  const known = new Set(own.map(foldName));
  const others = all.filter(({ id }) => id !== speakerId).flatMap(namesOf);
  return { own, others: others.filter((name) => !known.has(foldName(name))) };
}

/** The most stop sequences that OpenAI's API takes. */
const MAX_STOPS = 4;

/**
 * Where a provider can end a reply of this speaker: at a line that begins with another participant's name. The words for a
 * person without a name are left out, because a prose line may begin with them.
 */
export function stopSequences({ others }: SpeakerNames): string[] {
  const names = others.filter((name) => !userWords.includes(name));
  return [...new Set(names)].slice(0, MAX_STOPS).map((name) => `\n${name}:`);
}

/** Names are compared in any case. */
export const foldName = (name: string): string => name.toLowerCase();

/** Models may write a letter with an accent as one character or as two. */
function variants(name: string): string[] {
  const line = name.replace(/\s+/g, ' ').trim();
  if (line === '' || line.length > MAX_NAME) return [];
  return [...new Set([line, line.normalize('NFC'), line.normalize('NFD')])];
}

/** The first word of a name of several words, unless another participant's name begins with it. */
function firstNames({ id, name }: Person, all: Person[]): string[] {
  const first = firstWord(name);
  const isShared = all.some((other) => other.id !== id && foldName(firstWord(other.name)) === foldName(first));
  return first === name.trim() || first.length < MIN_FIRST_NAME || isShared ? [] : variants(first);
}

const firstWord = (name: string): string => name.trim().split(/\s/, 1)[0] ?? '';
