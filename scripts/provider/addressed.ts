import { mentions } from '../../domain/narrative/addressee.js';

type Messages = { role: string; content: string }[];

const newestLine = (messages: Messages): string =>
  /What was just said:\n([^\n]*)/.exec(messages.at(-1)?.content ?? '')?.[1]?.replace(/^[^:]{1,80}: /, '') ?? '';

/**
 * The id of whom the user's newest line is addressed to, by the names in it: a name with a comma or after "to" before
 * any other, else the first; without a name whoever spoke last. Undefined where the question names no characters.
 */
export function addressedId(messages: Messages): string | undefined {
  const question = messages.map(({ content }) => content).join('\n');
  const people = [...question.matchAll(/^id (\S+) is ([^:\n]{1,200})/gm)].map(([, id = '', name = '']) => ({
    id,
    name: name.trim(),
  }));
  const line = newestLine(messages);
  const named = people.filter(({ name }) => mentions(line, name));
  const [first] = named.sort(
    (a, b) => strengthOf(line, b.name) - strengthOf(line, a.name) || at(line, a.name) - at(line, b.name),
  );
  return (first ?? lastSpeaker(question, people) ?? people[0])?.id;
}

const at = (line: string, name: string): number => line.toLowerCase().indexOf(name.toLowerCase());

/** How clearly a name addresses: "Mira, …" and "…, Mira?", then "to Mira", then any other mention. */
function strengthOf(line: string, name: string): 0 | 1 | 2 {
  const start = at(line, name);
  const [before, after] = [line.slice(0, start), line.slice(start + name.length)];
  const isFirst = /(?:^|[.!?]\s)[\s"“*]*$/.test(before) && /^\s*[,:!?.]/.test(after);
  if (isFirst || (/,\s*$/.test(before) && /^\s*(?:[!?.,"”]|$)/.test(after))) return 2;
  return /\b(?:to|at|ask|asks|tell)\s+$/i.test(before) ? 1 : 0;
}

function lastSpeaker<P extends { name: string }>(question: string, people: readonly P[]): P | undefined {
  const before = /Before this:\n([\s\S]*?)(?:\n\n|$)/.exec(question)?.[1] ?? '';
  for (const line of before.split('\n').reverse()) {
    const speaker = people.find(({ name }) => line.startsWith(`${name}: `));
    if (speaker) return speaker;
  }
  return undefined;
}

/** Whether the character that is asked to cut in was named by the user. */
export function isWitnessNamed(messages: Messages): boolean {
  const witness = /^(.{1,200}?) has listened to an exchange/m.exec(
    messages.map(({ content }) => content).join('\n'),
  )?.[1];
  return witness !== undefined && mentions(newestLine(messages), witness);
}
