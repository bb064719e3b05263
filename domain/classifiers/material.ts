import { type Person, witnesses } from '../narrative/participants.js';
import type { SpokenLine } from '../narrative/prompt.js';
import type { ClassifierCall, TurnContext } from './classifier.js';
import type { Part, Question } from './question.js';

/** How much of each text a classifier is shown, in UTF-16 code units: enough to judge by, however long the text. */
const PERSONA = 2_000;
const LINE = 20_000;
const EARLIER_LINE = 1_000;
const EARLIER_LINES = 6;

/** A question: what is asked, then what it is asked about, the most valuable last. Blank parts are left out. */
export function ask(task: string, ...about: (Part | null)[]): Question {
  return { task, about: about.filter((part): part is Part => Boolean(part)) };
}

/** A text whose end counts. */
export const endOf = (text: string): Part => ({ text, keep: 'end' });

/** The beginning of a text, never ending in half a character. */
export function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length).toWellFormed()}…`;
}

/** The end of a text, for what is decided by its last words. */
export function clipStart(text: string, length: number): string {
  return text.length <= length ? text : `…${text.slice(-length).toWellFormed()}`;
}

export function present(context: TurnContext): Person[] {
  return [context.you, ...witnesses(context)];
}

/** One of those present; `id` is a call's, so it may name somebody who has left. */
export function personOf(context: TurnContext, id: string | undefined): Person {
  return present(context).find((person) => person.id === id) ?? { id: id ?? '', name: 'somebody', persona: '' };
}

export function introduction({ name, persona }: Person): string {
  return persona ? `${name}: ${clip(persona, PERSONA)}` : name;
}

export function spoken(context: TurnContext, { speakerId, text }: SpokenLine, length = LINE): string {
  return `${personOf(context, speakerId).name}: ${clip(text, length)}`;
}

/** The scene's place, when there is a scene. */
export function place({ scene }: TurnContext): string | null {
  return scene && `The place: ${clip(scene.container, PERSONA)}`;
}

/** The last lines before the turn. */
export function earlier(context: TurnContext): string | null {
  const lines = context.dialogue.slice(-EARLIER_LINES).map((line) => spoken(context, line, EARLIER_LINE));
  return lines.length > 0 ? `Before this:\n${lines.join('\n')}` : null;
}

/** The turn's own lines, up to and with a beat. */
export function exchange(context: TurnContext, upToBeat = 1): string {
  const prose = context.prose ? [spoken(context, { speakerId: context.you.id, text: context.prose })] : [];
  const beats = context.beats.filter(({ beat }) => beat <= upToBeat).map((beat) => spoken(context, beat));
  return `What was just said:\n${[...prose, ...beats].join('\n')}`;
}

/** When the beat that a call is about was spoken; the newest beat when it is about none. */
export function spokenAt(context: TurnContext, call: ClassifierCall): string {
  const beat = context.beats.find(({ beat }) => beat === call.beat) ?? context.beats.at(-1);
  return beat?.at ?? context.at;
}

/** Facts as edges keep them: said once, none of them blank. */
export function factsOf(facts: readonly string[]): string[] {
  return [...new Set(facts.map((fact) => fact.trim()).filter(Boolean))];
}
