import type { TokenUsage } from '../turns/turn.js';
import type { LandedBeat, TurnEnd } from './mark.js';

/** The counts of tokens that dialects show. */
export type Counts = Pick<TokenUsage, 'promptTokens' | 'completionTokens' | 'cachedTokens'>;

/**
 * What the replies of a turn have used, without its follow-ups: these may run on behind a stream, and a client that asks
 * later gets the same. Of a turn without replies, its own usage.
 */
export function usageOfReplies(end: TurnEnd, beats: readonly LandedBeat[]): Counts | undefined {
  const used = beats.flatMap(({ usage }) => usage ?? []);
  if (used.length === 0) return end.usage;
  const sum = (name: keyof Counts) => used.reduce((total, usage) => total + usage[name], 0);
  return {
    promptTokens: sum('promptTokens'),
    completionTokens: sum('completionTokens'),
    cachedTokens: sum('cachedTokens'),
  };
}
