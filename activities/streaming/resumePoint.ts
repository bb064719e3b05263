import type { Pool } from '../../db/core/pool.js';
import { type Lease, readDraftText } from '../../db/streaming/leases.js';
import type { DraftKey } from '../../domain/log/frames.js';
import { continuedText } from '../../domain/turns/continueReply.js';
import type { Resume } from '../../llm/port.js';
import type { BegunStep, SentText } from './draftWriter.js';
import type { ModelRequest } from './streamedStep.js';

/** From where an attempt continues what earlier attempts have left. */
export type ResumePoint =
  /**
   * The provider keeps the response: it is read on, in the same epoch. `sent` is null where nothing was sent of it: then
   * it is read from its start, into the next epoch.
   */
  | { from: 'response'; resume: Resume; sent: SentText | null }
  /** The provider continues a partial message: a new epoch begins with the text received so far. */
  | { from: 'prefix'; prefix: { text: string; thinking: string } }
  /** The model is asked again, and a new epoch begins with its first token. */
  | { from: 'nothing' };

export async function readResumePoint(
  pool: Pool,
  key: DraftKey,
  lease: Lease,
  { provider, request, draft, continued }: ModelRequest,
): Promise<ResumePoint> {
  const { responseId, epoch } = lease;
  const kept = draft?.kept ?? { text: continued === undefined ? '' : continuedText(continued), thinking: '' };
  // Only a provider that keeps responses can cancel one.
  if (provider.cancel && responseId !== null)
    return readResponsePoint(pool, key, { ...lease, responseId }, { kept, begunSteps: draft?.begunSteps ?? [] });
  if (draft || epoch === 0 || !canPrefill({ provider, request }, lease)) return { from: 'nothing' };
  const prefix = await readTexts(pool, key, epoch);
  return prefix.text.trim() === '' ? { from: 'nothing' } : { from: 'prefix', prefix };
}

/**
 * Whether a request can begin with text of the reply. With tools, the results of calls stand between the parts of the
 * text: it cannot be continued as one message.
 */
export const canPrefill = ({ provider, request }: Pick<ModelRequest, 'provider' | 'request'>, lease: Lease): boolean =>
  provider.continues === true && !request.tools?.length && mayContinue(lease);

/**
 * A server that has just refused to continue the text is asked for a new one. So is one that ended in order, without a finish
 * reason: the text may be whole.
 */
const mayContinue = ({ lastError, endedWithoutReason }: Lease): boolean =>
  lastError !== 'response_gone' && !endedWithoutReason;

/**
 * The current epoch may hold another text than the response's: where a worker was lost after it had asked again and
 * before the first token. The response then is read from its start, into the next epoch.
 */
async function readResponsePoint(
  pool: Pool,
  key: DraftKey,
  { responseId, responseSeq, responseEpoch, epoch, settled }: Lease & { responseId: string },
  { kept, begunSteps }: { kept: { text: string; thinking: string }; begunSteps: BegunStep[] },
): Promise<ResumePoint> {
  const texts = await readTexts(pool, key, epoch);
  const isBegun =
    epoch > 0 &&
    epoch === (responseEpoch ?? epoch) &&
    texts.text.startsWith(kept.text) &&
    texts.thinking.startsWith(kept.thinking);
  if (!isBegun) return { from: 'response', resume: { responseId, sequence: null, text: '', thinking: '' }, sent: null };
  const received = { text: texts.text.slice(kept.text.length), thinking: texts.thinking.slice(kept.thinking.length) };
  const steps = checkpointedSteps(begunSteps, texts);
  return {
    from: 'response',
    resume: { responseId, sequence: responseSeq, ...received },
    sent: { ...texts, steps, settled },
  };
}

async function readTexts(pool: Pool, key: DraftKey, epoch: number): Promise<{ text: string; thinking: string }> {
  const [text, thinking] = await Promise.all([
    readDraftText(pool, key, epoch, 'text'),
    readDraftText(pool, key, epoch, 'thinking'),
  ]);
  return { text, thinking };
}

/** A step of which no text is checkpointed begins again with its first token. */
const checkpointedSteps = (steps: BegunStep[], sent: { text: string; thinking: string }): BegunStep[] =>
  steps.filter(({ type, offset }) => offset < sent[type].length);
