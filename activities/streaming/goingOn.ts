import type { Pool } from '../../db/core/pool.js';
import { readDraftText } from '../../db/streaming/drafts.js';
import type { DraftKey } from '../../domain/log/frames.js';
import type { Resume } from '../../llm/port.js';
import type { Asked, OpenDraft } from './course.js';
import type { BegunStep, StreamStart } from './replyStream.js';

/** How an attempt goes on from what the ones before it left: from a reply that the provider keeps, or from its text. */
export type GoingOn = { resume: Resume | null; start: Pick<StreamStart, 'soFar' | 'prefix'> };

/** With tools in play text can't simply go on: what came of them belongs between its parts. */
export async function readGoingOn(
  pool: Pool,
  key: DraftKey,
  opened: OpenDraft,
  { provider, request, draft }: Asked,
): Promise<GoingOn> {
  const resume = provider.cancel ? await readResume(pool, key, opened) : null;
  if (resume && opened.epoch > 0)
    return { resume, start: { soFar: { ...resume, steps: checkpointed(draft?.begunSteps ?? [], resume) } } };
  const canContinue = provider.continues && !request.tools?.length && !draft?.kept && opened.epoch > 0;
  const prefix = canContinue ? await readPrefix(pool, key, opened.epoch) : null;
  return { resume, start: prefix ? { prefix } : {} };
}

/** What is checkpointed of the reply that a provider keeps, where it keeps one. */
async function readResume(
  pool: Pool,
  key: DraftKey,
  { responseId, responseSeq, epoch }: OpenDraft,
): Promise<Resume | null> {
  if (responseId === null) return null;
  const [text, thinking] = await Promise.all([
    readDraftText(pool, key, epoch, 'text'),
    readDraftText(pool, key, epoch, 'thinking'),
  ]);
  return { responseId, sequence: responseSeq, text, thinking };
}

/** What there is of a reply from which another attempt may go on; null when that is nothing. */
async function readPrefix(
  pool: Pool,
  key: DraftKey,
  epoch: number,
): Promise<{ text: string; thinking: string } | null> {
  const [text, thinking] = await Promise.all([
    readDraftText(pool, key, epoch, 'text'),
    readDraftText(pool, key, epoch, 'thinking'),
  ]);
  return text.trim() === '' ? null : { text, thinking };
}

/** The steps of which something is checkpointed: the others begin again with their first token. */
const checkpointed = (steps: BegunStep[], soFar: Resume): BegunStep[] =>
  steps.filter(({ type, offset }) => offset < soFar[type].length);
