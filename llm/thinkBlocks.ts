import type { Channel } from '../domain/log/frames.js';

export type Piece = { channel: Channel; text: string };

/** The tags that models write around their thinking where the server does not separate it from the text. */
const tags = [
  ...['think', 'thinking', 'thought', 'seed:think'].map((name) => ({ open: `<${name}>`, close: `</${name}>` })),
  { open: '[THINK]', close: '[/THINK]' },
  { open: '◁think▷', close: '◁/think▷' },
];

/** White space before a tag, in UTF-16 code units. After more of it no tag is expected. */
const MAX_LEAD = 256;

/**
 * Separates a leading block of thinking from the text of a reply whose deltas may be cut anywhere. Only the start of the
 * reply is examined: a tag after other text is text. A block that is not closed is thinking to its end.
 */
export type ThinkBlocks = {
  /** Gives what is certain so far. A part that may be a tag is kept back. */
  take(text: string): Piece[];
  /** Gives what was kept back. */
  end(): Piece[];
};

export function createThinkBlocks(): ThinkBlocks {
  let state: 'start' | 'block' | 'text' = 'start';
  let held = '';
  let close = '';
  /** White space at the start of a block, and between a block and what follows it, is dropped. */
  let dropsLead = false;

  /** At the start of the reply, or behind a block. */
  function start(): Piece[] {
    const rest = held.trimStart();
    const tag = tags.find(({ open }) => rest.startsWith(open));
    if (tag) {
      [state, close, held, dropsLead] = ['block', tag.close, rest.slice(tag.open.length), true];
      return block();
    }
    if (dropsLead) held = rest;
    if (tags.some(({ open }) => open.startsWith(rest)) && held.length <= MAX_LEAD) return [];
    state = 'text';
    return flush('text');
  }

  function block(): Piece[] {
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

  function flush(channel: Channel): Piece[] {
    const text = held;
    held = '';
    return pieceOf(channel, text);
  }

  return {
    take(text) {
      if (state === 'text') return pieceOf('text', text);
      held += text;
      return state === 'start' ? start() : block();
    },
    end: () => flush(state === 'block' ? 'thinking' : 'text'),
  };
}

const pieceOf = (channel: Channel, text: string): Piece[] => (text === '' ? [] : [{ channel, text }]);

/** How many code units at the end of the text may be the beginning of the tag. */
function lengthOfBeginning(text: string, tag: string): number {
  for (let length = Math.min(tag.length - 1, text.length); length > 0; length--)
    if (tag.startsWith(text.slice(-length))) return length;
  return 0;
}
