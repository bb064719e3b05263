import type { Channel } from '../domain/log/frames.js';

export type Piece = { channel: Channel; text: string };

/** All text before it was thinking: the block's beginning was in the prompt, so that only its end is in the reply. */
export const textWasThinking = 'text_was_thinking';
export type Separated = Piece | typeof textWasThinking;

/** The tags that models write around their thinking where the server does not separate it from the text. */
const tags = [
  ...['think', 'thinking', 'thought', 'seed:think'].map((name) => ({ open: `<${name}>`, close: `</${name}>` })),
  { open: '[THINK]', close: '[/THINK]' },
  { open: '◁think▷', close: '◁/think▷' },
];
/** The ends of blocks that the templates of some models begin in the prompt. */
const loneEnds = ['</think>', '</seed:think>', '[/THINK]', '◁/think▷'];

/** White space before a tag, in UTF-16 code units. After more of it no tag is expected. */
const MAX_LEAD = 256;

/**
 * Separates a leading block of thinking from the text of a reply whose deltas may be cut anywhere. A block that is not
 * closed is thinking to its end. Only the start of the reply is examined for a block: a tag after other text is text, but
 * for the end of a block that has no beginning.
 */
export type ThinkBlocks = {
  /** Gives what is certain so far. A part that may be a tag is kept back. */
  take(text: string): Separated[];
  /** Gives what was kept back. */
  end(): Piece[];
};

export function createThinkBlocks(): ThinkBlocks {
  let state: 'start' | 'block' | 'text' = 'start';
  let held = '';
  let close = '';
  /** White space at the start of a block, and between a block and what follows it, is dropped. */
  let dropsLead = false;
  let lone: LoneEnd | null = createLoneEnd();
  let gaveText = false;

  /** At the start of the reply, or behind a block. */
  function start(): Separated[] {
    const rest = held.trimStart();
    const tag = tags.find(({ open }) => rest.startsWith(open));
    if (tag) {
      [state, close, held, dropsLead] = ['block', tag.close, rest.slice(tag.open.length), true];
      lone = null;
      return block();
    }
    if (dropsLead) held = rest;
    const expected = [...tags.map(({ open }) => open), ...(lone ? loneEnds : [])];
    if (expected.some((tag) => tag.startsWith(rest)) && held.length <= MAX_LEAD) return [];
    state = 'text';
    return text();
  }

  function block(): Separated[] {
    if (dropsLead) held = held.trimStart();
    const end = held.indexOf(close);
    if (end >= 0) {
      const thinking = held.slice(0, end);
      [state, held, dropsLead] = ['start', held.slice(end + close.length), true];
      return [...pieceOf('thinking', thinking), ...start()];
    }
    const certain = held.length - lengthOfBeginning(held, close);
    const thinking = held.slice(0, certain);
    held = held.slice(certain);
    if (thinking !== '') dropsLead = false;
    return pieceOf('thinking', thinking);
  }

  function text(): Separated[] {
    if (!lone) return flush('text');
    const { certain, end } = lone.find(held);
    const before = held.slice(0, certain);
    held = held.slice(end ?? certain);
    if (end === null) {
      if (before !== '') gaveText = true;
      return pieceOf('text', before);
    }
    [state, dropsLead, lone] = ['start', true, null];
    const thought = gaveText || before.trim() !== '' ? pieceOf('thinking', before) : [];
    return [...(gaveText ? ([textWasThinking] as const) : []), ...thought, ...start()];
  }

  function flush(channel: Channel): Piece[] {
    const rest = held;
    held = '';
    return pieceOf(channel, rest);
  }

  return {
    take(piece) {
      if (state === 'text' && !lone) return pieceOf('text', piece);
      held += piece;
      if (state === 'text') return text();
      return state === 'start' ? start() : block();
    },
    end: () => flush(state === 'block' ? 'thinking' : 'text'),
  };
}

/**
 * Finds the end of a block that has no beginning. `certain`: how much of the text comes before it, or can not be a part of
 * it. `end`: where it ends, null where there is none.
 */
type LoneEnd = { find(text: string): { certain: number; end: number | null } };

/** A text that has mentioned the beginning of a block, or has its end in quotes, is about tags. Takes linear time. */
function createLoneEnd(): LoneEnd {
  let isAboutTags = false;
  /** The end of the text before, in which the beginning of a block may begin. */
  let before = '';

  function find(text: string) {
    if (!/[<[◁]/.test(before + text)) return passOn(text, text.length);
    const { at, end } = firstEnd(text);
    const seen = before + text.slice(0, at ?? text.length);
    isAboutTags ||= tags.some(({ open }) => seen.includes(open));
    if (isAboutTags) return { certain: text.length, end: null };
    if (at !== null) {
      const isQuoted = isQuote(seen.slice(-1));
      // The next character tells a mention from thinking that ends with quotes.
      if (isQuoted && end === text.length) return passOn(text, at);
      if (!isQuoted || !isQuote(text.charAt(end))) return { certain: at, end };
      isAboutTags = true;
      return { certain: text.length, end: null };
    }
    return passOn(text, text.length - Math.max(...loneEnds.map((tag) => lengthOfBeginning(text, tag))));
  }

  function passOn(text: string, certain: number) {
    before = (before + text.slice(0, certain)).slice(-MAX_TAG);
    return { certain, end: null };
  }
  return { find };
}

const MAX_TAG = 16;

const isQuote = (text: string): boolean => /^["'`“”‘’]$/.test(text);

function firstEnd(text: string): { at: number; end: number } | { at: null; end: 0 } {
  const found = loneEnds
    .map((tag) => ({ at: text.indexOf(tag), end: text.indexOf(tag) + tag.length }))
    .filter(({ at }) => at >= 0)
    .sort((one, other) => one.at - other.at);
  return found[0] ?? { at: null, end: 0 };
}

const pieceOf = (channel: Channel, text: string): Piece[] => (text === '' ? [] : [{ channel, text }]);

/** How many code units at the end of the text may be the beginning of the tag. */
function lengthOfBeginning(text: string, tag: string): number {
  for (let length = Math.min(tag.length - 1, text.length); length > 0; length--)
    if (tag.startsWith(text.slice(-length))) return length;
  return 0;
}
