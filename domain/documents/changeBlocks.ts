import { type ChangeBlock, createBlockParser, isBlank, type ProposedChange } from './blockParser.js';
import { findFences } from './fences.js';

/**
 * How the blocks of a reply are read. The event that proposes changes names it, so that an old log keeps its meaning.
 *
 * Version 1: fenced text is an example and proposes nothing, also where the fence does not end.
 *
 * Version 2: a fence that holds nothing but blocks is only their wrapping, and a line that nothing closes is no fence.
 *
 * `begins`: a block with an empty original counts. It begins a document that has no text.
 */
export type BlockRules = { parser?: 2 | undefined; begins?: true | undefined };

/** The rules of a new reply. They name a version only where version 1 reads the reply in another way. */
export function rulesOf(reply: string, isDocumentEmpty: boolean): BlockRules {
  const rules: BlockRules = isDocumentEmpty ? { parser: 2, begins: true } : { parser: 2 };
  const readBy = (some: BlockRules) => JSON.stringify(parseChangeBlocks(reply, some));
  const read = readBy(rules);
  return [{}, { parser: 2 } as const].find((simpler) => readBy(simpler) === read) ?? rules;
}

/**
 * The well-formed change blocks of a whole reply, in source order, at most `limit`. A block is plain text if tags are
 * missing, out of order or separated by more than white space, or if it is an example in a fence. Takes linear time.
 */
export function parseChangeBlocks(
  reply: string,
  { parser, begins }: BlockRules,
  limit = Number.POSITIVE_INFINITY,
): ProposedChange[] {
  const blocks = parser === 2 ? findChangeBlocks(reply, begins) : blocksOutsideFences(reply);
  return blocks.slice(0, limit).map(({ change }) => change);
}

const TAG = /<\/?(?:change|original|proposed|reason)>/g;

/** The blocks by version 2. A fence that only wraps blocks is part of the first and of the last of them. */
export function findChangeBlocks(reply: string, begins = false): ChangeBlock[] {
  const blocks: ChangeBlock[] = [];
  const parser = createBlockParser(reply);
  for (const { 0: tag, index } of reply.matchAll(TAG)) {
    const block = parser.take(tag, index);
    if (block && (begins || block.change.original !== '')) blocks.push(block);
  }
  return withoutExamples(reply, blocks);
}

function withoutExamples(reply: string, blocks: ChangeBlock[]): ChangeBlock[] {
  const kept: ChangeBlock[] = [];
  let next = 0;
  for (const fence of findFences(reply, blocks)) {
    while (next < blocks.length && blocks[next]!.end <= fence.start) kept.push(blocks[next++]!);
    const from = next;
    while (next < blocks.length && blocks[next]!.end <= fence.end) next += 1;
    const fenced = blocks.slice(from, next);
    if (!isOnlyBlocks(reply, fenced, fence.content)) continue;
    fenced[0] = { ...fenced[0]!, start: fence.start };
    fenced.push({ ...fenced.pop()!, end: fence.end });
    kept.push(...fenced);
  }
  return kept.concat(blocks.slice(next));
}

function isOnlyBlocks(reply: string, blocks: ChangeBlock[], content: { start: number; end: number }): boolean {
  let end = content.start;
  for (const block of blocks) {
    if (!isBlank(reply, end, block.start)) return false;
    end = block.end;
  }
  return blocks.length > 0 && isBlank(reply, end, content.end);
}

/** A tag, or a line that begins or ends a code fence by version 1. Unambiguous, so that matching takes linear time. */
const TAG_OR_FENCE = /^[ ]{0,3}(```|~~~)|<\/?(?:change|original|proposed|reason)>/gm;

/** The blocks by version 1, as logs of earlier releases were written. Do not change what it returns. */
function blocksOutsideFences(reply: string): ChangeBlock[] {
  const blocks: ChangeBlock[] = [];
  const parser = createBlockParser(reply);
  let fence: string | null = null;
  for (const { 0: token, 1: mark, index } of reply.matchAll(TAG_OR_FENCE)) {
    if (mark && (fence || !parser.isWithinText())) {
      if (!fence) fence = mark;
      else if (fence === mark) fence = null;
      parser.drop();
    } else if (!mark && !fence) {
      const block = parser.take(token, index);
      if (block && block.change.original !== '') blocks.push(block);
    }
  }
  return blocks;
}
