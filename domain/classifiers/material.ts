import { type Person, witnesses } from '../narrative/participants.js';
import type { SpokenLine } from '../narrative/prompt.js';
import type { ClassifierCall, TurnContext } from './classifier.js';
import type { Part, Question } from './question.js';

/** The longest part of each text in a question, in UTF-16 code units; `EARLIER_LINES` is a number of lines. */
const PERSONA = 2_000;
const LINE = 20_000;
const EARLIER_LINE = 1_000;
const EARLIER_LINES = 6;

/** A question: the task, then the material to judge, the most valuable part last. Blank parts are left out. */
export function ask(task: string, ...about: (Part | null)[]): Question {
  return { task, about: about.filter((part): part is Part => Boolean(part)) };
}

/** A part that is cut at its beginning, so that its end is kept. */
export const endOf = (text: string): Part => ({ text, keep: 'end' });

/** The first `length` UTF-16 code units of a text. A surrogate pair that is cut becomes U+FFFD. */
export function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length).toWellFormed()}…`;
}

/** The last `length` UTF-16 code units of a text. A surrogate pair that is cut becomes U+FFFD. */
export function clipStart(text: string, length: number): string {
  return text.length <= length ? text : `…${text.slice(-length).toWellFormed()}`;
}

export function present(context: TurnContext): Person[] {
  return [context.you, ...witnesses(context)];
}

/** The person with this id. The id comes from a call, so the person may have left: then a person without a persona. */
export function personOf(context: TurnContext, id: string | undefined): Person {
  return present(context).find((person) => person.id === id) ?? { id: id ?? '', name: 'somebody', persona: '' };
}

export function introduction({ name, persona }: Person): string {
  return persona ? `${name}: ${clip(persona, PERSONA)}` : name;
}

export function spoken(context: TurnContext, { speakerId, text }: SpokenLine, length = LINE): string {
  return `${personOf(context, speakerId).name}: ${clip(text, length)}`;
}

/** The place of the scene; null without a scene. */
export function place({ scene }: TurnContext): string | null {
  return scene && `The place: ${clip(scene.container, PERSONA)}`;
}

/** The last lines before the turn; null if there are none. */
export function earlier(context: TurnContext): string | null {
  const lines = context.dialogue.slice(-EARLIER_LINES).map((line) => spoken(context, line, EARLIER_LINE));
  return lines.length > 0 ? `Before this:\n${lines.join('\n')}` : null;
}

/** The lines of the turn, up to and including a beat. */
export function exchange(context: TurnContext, upToBeat = 1): string {
  const prose = context.prose ? [spoken(context, { speakerId: context.you.id, text: context.prose })] : [];
  const beats = context.beats.filter(({ beat }) => beat <= upToBeat).map((beat) => spoken(context, beat));
  return `What was just said:\n${[...prose, ...beats].join('\n')}`;
}

/** The time (ISO 8601) of the call's beat; of the newest beat if the call has none. */
export function spokenAt(context: TurnContext, call: ClassifierCall): string {
  const beat = context.beats.find(({ beat }) => beat === call.beat) ?? context.beats.at(-1);
  return beat?.at ?? context.at;
}

/** The facts without blanks and duplicates, as edges store them. */
export function factsOf(facts: readonly string[]): string[] {
  return [...new Set(facts.map((fact) => fact.trim()).filter(Boolean))];
}
