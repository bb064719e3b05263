import type { ServerFields } from '../../domain/agents/chatMessage.js';
import { type Fields, isFields, jsonTextOf, listOf, textOf } from '../looseJson.js';

/** The blocks of one reply: as JSON text in UTF-16 code units, and their number. */
const MAX_BLOCKS_SIZE = 1024 * 1024;
const MAX_BLOCKS = 256;

/** The names of the text in a block, which is streamed in pieces. */
const pieceNames = ['text', 'summary', 'thinking'] as const;

/**
 * Collects the blocks of reasoning that a server wants back with the reply's calls: OpenRouter's `reasoning_details`, and
 * the signed `thinking_blocks` of Anthropic that LiteLLM passes on. Pieces of one block are joined.
 */
export type ReasoningBlocks = {
  take(message: Fields): void;
  /** A server refuses a part of the sequence, so it is all or nothing. */
  blocks(): ServerFields[];
  isEmpty(): boolean;
  readonly tooLarge: boolean;
};

export function createReasoningBlocks(): ReasoningBlocks {
  const blocks: Block[] = [];
  let size = 0;
  const isTooLarge = () => size > MAX_BLOCKS_SIZE || blocks.length > MAX_BLOCKS;

  function add(piece: Fields): void {
    size += jsonTextOf(piece).length;
    if (isTooLarge()) return;
    const last = blocks.at(-1);
    if (last && continues(last.fields, piece)) join(last, piece);
    else blocks.push(begin(piece));
  }

  return {
    take(message) {
      for (const name of ['reasoning_details', 'thinking_blocks'])
        for (const piece of listOf(message[name])) if (isFields(piece)) add(piece);
    },
    blocks: () => (isTooLarge() ? [] : blocks.map(toFields).filter(isWantedBack)),
    isEmpty: () => blocks.length === 0,
    get tooLarge() {
      return isTooLarge();
    },
  };
}

/** `pieces`: of the block's text, which is under `name`. */
type Block = { fields: ServerFields; name: string | null; pieces: string[] };

const nameOf = (fields: Fields): string | null => pieceNames.find((name) => typeof fields[name] === 'string') ?? null;

function begin(piece: Fields): Block {
  const name = nameOf(piece);
  return { fields: { ...piece }, name, pieces: name === null ? [] : [textOf(piece[name])] };
}

/** Whether the piece belongs to the block before it: a signature ends a block, and encrypted content is one of its own. */
function continues(block: Fields, piece: Fields): boolean {
  const isText = /(text|summary|thinking)$/.test(textOf(piece.type));
  const isOther = ['type', 'index', 'id'].some(
    (name) => block[name] != null && piece[name] != null && block[name] !== piece[name],
  );
  const isSigned = typeof block.signature === 'string' && block.signature !== '' && nameOf(piece) !== null;
  return isText && !isOther && !(isSigned && textOf(piece[nameOf(piece) ?? '']) !== '');
}

function join(block: Block, piece: Fields): void {
  const name = nameOf(piece);
  for (const [key, value] of Object.entries(piece)) if (key !== name && value != null) block.fields[key] = value;
  if (name === null) return;
  block.name ??= name;
  block.pieces.push(textOf(piece[name]));
}

const toFields = ({ fields, name, pieces }: Block): ServerFields =>
  name === null ? fields : { ...fields, [name]: pieces.join('') };

/** OpenRouter wants all of its blocks back. Of others only what has a signature or is encrypted. */
const isWantedBack = ({ type, signature, data }: ServerFields): boolean =>
  textOf(type).startsWith('reasoning.') || textOf(signature) !== '' || textOf(data) !== '';
