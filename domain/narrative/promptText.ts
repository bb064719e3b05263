import type { LoreNames } from './cards/lorebook.js';
import { type Edge, newEdge } from './edge.js';
import { hasOriginal, type MacroNames, replaceMacros, replaceOriginal } from './macros.js';
import { type Person, silentWitness, witnesses, YOU } from './participants.js';
import type { PromptInput, SpokenLine } from './prompt.js';

/** The part of a character's last line that is quoted, in UTF-16 code units. */
const LAST_LINE_LENGTH = 600;

/** A name as prompts contain it: on one line, and never empty. */
export function nameOf({ id, name }: Pick<Person, 'id' | 'name'>): string {
  const line = name.replace(/\s+/g, ' ').trim();
  if (id === YOU && (line === '' || line === YOU)) return 'the user';
  return line || 'somebody';
}

function present({ you, ...cast }: Pick<PromptInput, 'you' | 'host' | 'guest'>): Person[] {
  return [you, ...witnesses(cast)];
}

function speakerOf(input: PromptInput): Person {
  return present(input).find(({ id }) => id === input.speakerId) ?? input.host;
}

/** Who the macros of the speaker's texts stand for. */
function macroNames(input: PromptInput): MacroNames {
  return { user: nameOf(input.you), char: nameOf(speakerOf(input)) };
}

/**
 * The instruction which character the model plays, and how. That of the speaker's card replaces it or contains it. An
 * interjection keeps its own: a card knows nothing of it.
 */
export function role(input: PromptInput): string {
  if (input.written) return input.written.role;
  const own = ownRole(input);
  const asked = input.card?.systemPrompt.trim();
  if (!asked) return own;
  const text = replaceMacros(asked, macroNames(input));
  if (hasOriginal(text)) return replaceOriginal(text, own);
  return input.beat > 0 ? `${text}\n\n${own}` : text;
}

/** The instruction that the speaker's card has after the last line; empty if there is none. */
export function postHistory(input: PromptInput): string {
  const asked = input.card?.postHistoryInstructions.trim() ?? '';
  return replaceOriginal(replaceMacros(asked, macroNames(input)), '').trim();
}

/** The examples of the speaker's card, after their title; empty if there are none. */
export function exampleDialogue(input: PromptInput): string[] {
  const examples = (input.card?.examples ?? '')
    .split(/<START>/i)
    .map((example) => replaceMacros(example.trim(), macroNames(input)))
    .filter(Boolean);
  const title = `Examples of how ${nameOf(speakerOf(input))} speaks, which are not part of the story:`;
  return examples.length > 0 ? [title, ...examples] : [];
}

/** Puts the names of the participants into the texts and keywords of the speaker's lorebook. */
export function loreNames(input: PromptInput): LoreNames {
  const names = macroNames(input);
  // A name is literal text, never a pattern.
  const literal = { user: escaped(names.user), char: escaped(names.char) };
  return {
    inText: (text) => replaceMacros(text, names),
    inPattern: (pattern) => replaceMacros(pattern, literal),
  };
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

function ownRole(input: PromptInput): string {
  const speaker = speakerOf(input);
  const name = nameOf(speaker);
  const others = present(input)
    .filter(({ id }) => id !== speaker.id)
    .map(nameOf);
  return [
    `You are ${name} in a role-play with ${others.join(' and ')}. Answer as ${name}, and only as ${name}.`,
    others.length > 1 && `Lines of others begin with their name; yours does not.`,
    input.beat > 0 &&
      `${name} was not asked, but cuts in now: briefly, in one to three sentences, and in answer to the last line.`,
  ]
    .filter(Boolean)
    .join(' ');
}

/** The instruction that replaces the user's line when all of it is out of character, or a model writes it. */
export function continueScene(input: PromptInput): string {
  if (input.written) return input.written.last;
  return `${nameOf(input.you)} says nothing in the story now. Go on with the scene as ${nameOf(speakerOf(input))}.`;
}

/** The speaker's persona, which may be empty, and the speaker's knowledge, the most valuable first. */
export function knowledge(input: PromptInput): { persona: string; others: string[] } {
  const speaker = speakerOf(input);
  const persona = speaker.persona && `${nameOf(speaker)}: ${speaker.persona}`;
  return { persona, others: input.written?.about ?? surroundings(input, speaker) };
}

function surroundings(input: PromptInput, speaker: Person): string[] {
  const others = present(input).filter(({ id }) => id !== speaker.id);
  return [
    input.scene && `The scene: ${input.scene.container}`,
    ...others.map((person) => `${nameOf(person)} is present. ${person.persona}`.trim()),
    doing(input, speaker),
    ...others.map((person) => standing(input.edges, speaker, person)),
    story(input),
  ].filter((part): part is string => Boolean(part));
}

/** What the other character did last; null in an interjection, whose prompt contains that character's line in full. */
function doing(input: PromptInput, speaker: Person): string | null {
  const other = silentWitness(input, speaker.id);
  if (!other || input.beat > 0 || input.written) return null;
  const last = [...input.dialogue, ...input.beats].findLast(({ speakerId }) => speakerId === other.id);
  return last ? `What ${nameOf(other)} did last: ${clip(last.text)}` : null;
}

const clip = (text: string) =>
  text.length <= LAST_LINE_LENGTH ? text : `${text.slice(0, LAST_LINE_LENGTH).toWellFormed()}…`;

function standing(edges: Edge[], speaker: Person, other: Person): string {
  const edge =
    edges.find(({ sourceId, targetId }) => sourceId === speaker.id && targetId === other.id) ??
    newEdge(speaker.id, other.id);
  return [
    `${nameOf(speaker)} towards ${nameOf(other)}: affinity ${edge.affinity} of 100, trust ${edge.trust} of 100.`,
    edge.summary,
    edge.knowledgeFacts.length > 0 &&
      `${nameOf(speaker)} knows of ${nameOf(other)}:\n${edge.knowledgeFacts.map((fact) => `- ${fact}`).join('\n')}`,
  ]
    .filter(Boolean)
    .join('\n');
}

function story({ storyEvents }: PromptInput): string | null {
  const active = storyEvents.filter(({ status }) => status === 'active');
  if (active.length === 0) return null;
  return `Under way in the story:\n${active.map(({ title, description }) => `- ${title}: ${description}`).join('\n')}`;
}

/** A line as a message, with the speaker's name unless the role alone identifies the speaker. */
export function message(input: PromptInput, { speakerId, text }: SpokenLine) {
  if (speakerId === input.speakerId) return { role: 'assistant' as const, content: text };
  const known = present(input).find(({ id }) => id === speakerId);
  const isClear = known && !input.guest && (known.id === YOU || input.speakerId === YOU);
  const name = known ? nameOf(known) : 'somebody who has left';
  return { role: 'user' as const, content: isClear ? text : `${name}: ${text}` };
}
