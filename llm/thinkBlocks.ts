import type { Channel } from '../domain/log/frames.js';
import { createLoneEnd } from './loneEnd.js';
import { lengthOfBeginning, loneEnds, tags } from './thinkTags.js';

export type Piece = { channel: Channel; text: string };

/** All text before it was thinking: the block's beginning was in the prompt, so that only its end is in the reply. */
export const textWasThinking = 'text_was_thinking';
export type Separated = Piece | typeof textWasThinking;

const leading = [...tags.map(({ open }) => open), ...loneEnds];

/** White space before a tag, in UTF-16 code units. After more of it no tag is expected. */
const MAX_LEAD = 256;

/**
 * Separates a leading block of thinking from the text of a reply whose deltas may be cut anywhere. A block that is not
 * closed is thinking to its end. Only the start of the reply is examined for a block: a tag after other text is text, but
 * for the end of a block that has no beginning, as long as there is no thinking.
 */
export type ThinkBlocks = {
  /** Gives what is certain so far. A part that may be a tag is kept back. */
  take(text: string): Separated[];
  /** Gives what was kept back. */
  end(): Piece[];
  /** The server has sent thinking that it separated itself: a later end of a block is text. */
  sawThinking(): void;
  /** Whether what follows depends on nothing but what was given: `begun` with it separates the rest in the same way. */
  isSettled(): boolean;
};

/**
 * What was given of a reply before: its text, and whether it had thinking. `gaveText`: the reply is read from its start
 * again, and text of it was given.
 */
export type Begun = { text: string; hasThinking: boolean; gaveText?: boolean };

type State = 'start' | 'block' | 'text';

export function createThinkBlocks(begun: Begun = { text: '', hasThinking: false }): ThinkBlocks {
  let state: State = begun.text === '' ? 'start' : 'text';
  let held = '';
  let close = '';
  /** White space at the start of a block, and between a block and what follows it, is dropped. */
  let dropsLead = false;
  let lone = createLoneEnd(begun.text);
  let { gaveText = begun.text !== '' } = begun;
  let { hasThinking } = begun;

  /** Each step adds what is certain to `given`. Returns whether there is another step, else more text decides. */
  const steps: Record<State, (given: Separated[]) => boolean> = {
    /** At the start of the reply, or behind a block. */
    start() {
      const rest = held.trimStart();
      const tag = tags.find(({ open }) => rest.startsWith(open));
      const end = tag ? undefined : loneEnds.find((each) => rest.startsWith(each));
      if (tag) [state, close, held, dropsLead] = ['block', tag.close, rest.slice(tag.open.length), true];
      if (end) [held, dropsLead] = [rest.slice(end.length), true];
      if (tag || end) return true;
      if (dropsLead) held = rest;
      if (held.length <= MAX_LEAD && leading.some((each) => each.startsWith(rest))) return false;
      state = 'text';
      return true;
    },
    block(given) {
      if (dropsLead) held = held.trimStart();
      const end = held.indexOf(close);
      const certain = end < 0 ? held.length - lengthOfBeginning(held, close) : end;
      const thinking = held.slice(0, certain);
      given.push(...pieceOf('thinking', thinking));
      held = held.slice(end < 0 ? certain : end + close.length);
      if (thinking !== '') [dropsLead, hasThinking] = [false, true];
      if (end >= 0) [state, dropsLead] = ['start', true];
      return end >= 0;
    },
    text(given) {
      const { certain, end } = hasThinking ? { certain: held.length, end: null } : lone.find(held);
      const before = held.slice(0, certain);
      held = held.slice(end ?? certain);
      if (end === null) {
        if (before !== '') gaveText = true;
        given.push(...pieceOf('text', before));
        return false;
      }
      [hasThinking, state, dropsLead, lone] = [gaveText || before.trim() !== '', 'start', true, createLoneEnd('')];
      if (gaveText) given.push(textWasThinking);
      if (hasThinking) given.push(...pieceOf('thinking', before));
      gaveText = false;
      return true;
    },
  };

  return {
    take(piece) {
      if (state === 'text' && hasThinking && held === '') return pieceOf('text', piece);
      held += piece;
      const given: Separated[] = [];
      while (steps[state](given));
      return given;
    },
    end() {
      const rest = pieceOf(state === 'block' ? 'thinking' : 'text', held);
      if (state === 'start' && held !== '') state = 'text';
      held = '';
      return rest;
    },
    sawThinking() {
      hasThinking = true;
    },
    isSettled: () => held === '' && (state === 'text' || (state === 'start' && !dropsLead)),
  };
}

/** The thinking and the text of a whole reply. */
export function separate(whole: string): Record<Channel, string> {
  const blocks = createThinkBlocks();
  const separated = { text: '', thinking: '' };
  for (const piece of [...blocks.take(whole), ...blocks.end()])
    if (piece !== textWasThinking) separated[piece.channel] += piece.text;
  return separated;
}

const pieceOf = (channel: Channel, text: string): Piece[] => (text === '' ? [] : [{ channel, text }]);
