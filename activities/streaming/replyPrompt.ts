import type { Db } from '../../db/core/pool.js';
import { readDocumentPrompt } from '../../db/documents/readDocumentPrompt.js';
import { readPromptInput } from '../../db/narrative/readPrompt.js';
import { documentPrompt } from '../../domain/documents/documentPrompt.js';
import type { DraftKey } from '../../domain/log/frames.js';
import { narrativePrompt, type PromptLimits, type PromptMessage } from '../../domain/narrative/prompt.js';
import type { ChatKind } from '../../domain/turns/turn.js';

export type AskedReply = DraftKey & { speakerId: string; kind: ChatKind };

/** Reads what a reply is made from; what it gives back assembles the prompt. Null when the turn is no more. */
type ReadPrompt = (db: Db, asked: AskedReply) => Promise<((limits: PromptLimits) => PromptMessage[]) | null>;

/** The prompts of replies: a row a kind of turn. */
const prompts: Partial<Record<ChatKind, ReadPrompt>> = {
  async narrative(db, asked) {
    const input = await readPromptInput(db, asked);
    return input && ((limits) => narrativePrompt(input, limits));
  },
  async document(db, { turnId }) {
    const input = await readDocumentPrompt(db, turnId);
    return input && ((limits) => documentPrompt(input, limits));
  },
};

export const readReplyPrompt: ReadPrompt = (db, asked) => {
  const read = prompts[asked.kind];
  if (!read) throw new Error(`no reply of kind ${asked.kind}`);
  return read(db, asked);
};
