import type { Edge } from './edge.js';
import { ASSISTANT, type Person, witnesses, YOU } from './participants.js';
import { narrativePrompt, type PromptInput, type PromptLimits, type PromptMessage, type SpokenLine } from './prompt.js';
import { nameOf } from './promptText.js';
import type { Memory } from './recall.js';
import { type SpeakerNames, speakerNames } from './speakerNames.js';

/** The longest hint, in UTF-16 code units. */
export const MAX_HINT = 4_000;

/** What the user's next message is written from. `hint`: what the user wants to say; empty without one. */
export type ImpersonationInput = { hint: string; you: Person; dialogue: SpokenLine[] } & (
  | {
      kind: 'narrative';
      host: Person;
      guest: Person | null;
      scene: { container: string } | null;
      edges: Edge[];
      storyEvents: PromptInput['storyEvents'];
      remembered: Memory[];
    }
  | {
      kind: 'agent';
      /** The instructions of the assistant; empty without any. */
      instructions: string;
    }
);

/** More than any seq: every memory is older. */
const NEWEST = Number.MAX_SAFE_INTEGER;

/** The prompt by which a model writes the user's next message, fitted as that of a reply. The model speaks as the user. */
export function impersonationPrompt(input: ImpersonationInput, limits: PromptLimits): PromptMessage[] {
  const extra = ATTACHED_COST * input.dialogue.filter(({ attachments = [] }) => attachments.length > 0).length;
  const without = (limit: number) => Math.max(0, limit - extra);
  const left = { ...limits, soft: without(limits.soft), hard: without(limits.hard) };
  return narrativePrompt(toPromptInput(input), left).flatMap(attachedAfter);
}

/** What the user attached follows in a message to the model: in one of its own messages no provider takes an image. */
function attachedAfter({ attached = [], ...line }: PromptMessage): PromptMessage[] {
  return attached.length > 0 ? [line, { role: 'user', content: ATTACHED, attached }] : [line];
}

const ATTACHED = '(attached to the message before this)';
/** Its tokens with those of a message: an estimate that is rather too high than too low. */
const ATTACHED_COST = 20;

/** The names by which lines of the answer may begin: the user's own, and those of the others, whose lines are dropped. */
export const impersonationNames = (input: ImpersonationInput): SpeakerNames =>
  speakerNames({ ...castOf(input), speakerId: YOU });

function toPromptInput(input: ImpersonationInput): PromptInput {
  const cast = castOf(input);
  const own = { speakerId: YOU, beat: 0, userTurnSeq: NEWEST, ...cast, prose: '', beats: [], dialogue: input.dialogue };
  const nothing = { scene: null, edges: [], storyEvents: [], remembered: [], closedScenes: [] };
  switch (input.kind) {
    case 'narrative': {
      const { scene, edges, storyEvents, remembered } = input;
      // The user was there wherever the host was. The host's summaries are the host's own thoughts.
      const shared = remembered.map((memory) => ({ ...memory, witnesses: [...memory.witnesses, YOU] }));
      const written = { role: narrativeRole(cast), last: lastWord(input) };
      return { ...own, ...nothing, scene, edges, storyEvents, remembered: shared, written };
    }
    case 'agent': {
      const { instructions } = input;
      const about = instructions ? [`The assistant has these instructions:\n${instructions}`] : [];
      return { ...own, ...nothing, written: { role: agentRole, last: lastWord(input), about } };
    }
  }
}

const castOf = (input: ImpersonationInput) => ({
  you: input.you,
  host: input.kind === 'narrative' ? input.host : { ...ASSISTANT, persona: '' },
  guest: input.kind === 'narrative' ? input.guest : null,
});

function narrativeRole(cast: { you: Person; host: Person; guest: Person | null }): string {
  const name = nameOf(cast.you);
  const others = witnesses(cast).map(nameOf).join(' and ');
  return `You are ${name} in a role-play with ${others}. Write what ${name} says and does next, in the manner of ${name}'s earlier lines, and nothing that ${others} would say or do.`;
}

const agentRole =
  'You are a person who talks with an AI assistant. Write the next message of the person to the assistant, in the manner of the earlier ones. Do not answer it yourself.';

function lastWord({ hint, you, kind }: ImpersonationInput): string {
  const who = kind === 'narrative' ? nameOf(you) : 'the person';
  const wish = hint.trim() ? ` It should say this, in ${who}'s own words: ${hint.trim()}` : '';
  return `Write the next message of ${who} now, without a name before it.${wish}`;
}
