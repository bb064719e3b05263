import { type Fields, isFields, listOf, textOf } from '../looseJson.js';
import type { Piece } from '../thinkBlocks.js';

/** Names that servers give to thinking. Several may carry the same text: the first one counts. */
const thinkingNames = [
  'reasoning_content',
  'reasoning',
  'thinking',
  'reasoning_text',
  'reasoning_summary',
  'thinking_content',
  'thought',
  'thoughts',
  'reasoning_details',
  'thinking_blocks',
] as const;

/** Lists of parts within parts that are read. */
const MAX_DEPTH = 4;

/** The text and the thinking of a `delta` or a `message`, thinking first. Pieces are never empty. */
export function piecesOf(message: Fields): Piece[] {
  const parts = contentPieces(message.content);
  const thought = thinkingOf(message);
  const inContent = joined(parts, 'thinking');
  // Some servers send the thinking in the content and beside it.
  const others = thought === inContent ? [] : pieceOf('thinking', thought);
  const refusal = parts.length === 0 ? pieceOf('text', textOf(message.refusal)) : [];
  return [...others, ...parts, ...refusal];
}

/** All the text of one channel. */
export const joined = (pieces: Piece[], channel: Piece['channel']): string =>
  pieces.map((piece) => (piece.channel === channel ? piece.text : '')).join('');

function thinkingOf(message: Fields): string {
  for (const name of thinkingNames) {
    const thinking = joined(contentPieces(message[name], 'thinking'), 'thinking');
    if (thinking !== '') return thinking;
  }
  return '';
}

/** Content is a text, a part or a list of either. */
function contentPieces(content: unknown, channel: Piece['channel'] = 'text', depth = 0): Piece[] {
  if (typeof content === 'string') return pieceOf(channel, content);
  if (depth > MAX_DEPTH) return [];
  return listOf(content).flatMap((part) =>
    isFields(part) ? partPieces(part, channel, depth) : pieceOf(channel, textOf(part)),
  );
}

const isThinking = (type: string) => /think|reason|thought/.test(type.slice(0, 64).toLowerCase());

/** The fields that hold the text of a part. References, images and parts of unknown types may have none. */
const textFields = ['text', 'refusal'] as const;
const thoughtFields = ['thinking', 'text', 'reasoning', 'summary', 'content'] as const;

function partPieces(part: Fields, channel: Piece['channel'], depth: number): Piece[] {
  const within = channel === 'thinking' || part.thought === true || isThinking(textOf(part.type)) ? 'thinking' : 'text';
  for (const name of within === 'thinking' ? thoughtFields : textFields) {
    const value = part[name];
    // Some APIs wrap the text once more.
    const text = isFields(value) && typeof value.value === 'string' ? value.value : value;
    const pieces = contentPieces(text, within, depth + 1);
    if (pieces.length > 0) return pieces;
  }
  return [];
}

const pieceOf = (channel: Piece['channel'], text: string): Piece[] => (text === '' ? [] : [{ channel, text }]);
