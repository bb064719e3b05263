import type { PublicError } from '../turns/turn.js';
import type { LandedBeat, TurnEnd } from './mark.js';

/** Why a reply ends before its time and is an answer all the same. */
export type Cut = 'length' | 'content_filter';

/** The codes of such replies. A reply that ends with any other code has failed. */
const cuts: { readonly [code: string]: Cut } = {
  length: 'length',
  reply_timeout: 'length',
  max_iterations: 'length',
  content_filter: 'content_filter',
};

/** How a turn ended, for every dialect. `error`: null where none is known. */
export type Outcome =
  | { how: 'whole' }
  | { how: 'waiting' }
  | { how: 'cut'; cut: Cut }
  /** It was stopped; what had arrived is the answer. */
  | { how: 'stopped' }
  | { how: 'failed'; error: PublicError | null };

/**
 * Decides by the replies in the log before the turn's own end: a viewer may see the last reply before the turn has ended,
 * and others after.
 */
export function outcomeOf(end: TurnEnd, beats: readonly LandedBeat[]): Outcome {
  if (end.status === 'waiting') return { how: 'waiting' };
  const errors = beats.flatMap(({ error }) => error ?? []);
  const failure = errors.find(({ code }) => !cuts[code]);
  if (failure) return { how: 'failed', error: failure };
  // A regeneration of which nothing is kept leaves the old reply, and has its code only in the turn.
  const own = end.status === 'completed' && end.error ? [end.error] : [];
  const cut = [...errors, ...own].map(({ code }) => cuts[code]).find((each) => each !== undefined);
  if (cut) return { how: 'cut', cut };
  if (end.status === 'failed') return { how: 'failed', error: end.error ?? null };
  const stopped = end.status === 'cancelled' || beats.some(({ truncated }) => truncated);
  return { how: stopped ? 'stopped' : 'whole' };
}
