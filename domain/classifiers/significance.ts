import { z } from 'zod';
import type { NewEvent } from '../log/events.js';
import { witnesses } from '../narrative/participants.js';
import { type ChatState, type Classifier, classifier, type TurnContext } from './classifier.js';
import { ask, exchange, place } from './material.js';

/** The score at which a memory is pinned. */
const PINNED_AT = 3;

/** How many pinned memories a character may have. */
const PINNED_MEMORIES = 12;

const task = `Score how much the characters will remember of what was just said in a role-play: 0 small talk, 1 worth a note,
2 important for the story or between them, 3 never to be forgotten. Most exchanges are 0 or 1; 3 is rare.`;

/** Scores the memory of a beat from 0 to 3, and pins it at 3. */
export const significance: Classifier = classifier({
  name: 'significance',
  answer: () => z.object({ score: z.number().int().min(0).max(PINNED_AT) }),
  question: (context, call) => ask(task, place(context), exchange(context, call.beat)),
  events: (context, call, { score }, state) => {
    const memory = context.memories.find(({ beat }) => beat === (call.beat ?? 0));
    if (!memory) return [];
    const { memoryId } = memory;
    const scored: NewEvent = { kind: 'memory_scored', data: { memoryId, significance: score } };
    return score === PINNED_AT ? [scored, ...pin(memoryId, context, state, PINNED_MEMORIES)] : [scored];
  },
  verdict: ({ score }) => ({ score }),
});

type Pin = ChatState['pinned'][number];

/**
 * Pins a memory. Unpins the least valuable memories of each witness that then has more than `cap` pinned ones, but none
 * that a person pinned.
 */
export function pin(memoryId: string, context: TurnContext, state: ChatState, cap: number): NewEvent[] {
  // Another pin of the same memory would take the place of the person's.
  if (state.pinned.some((pin) => pin.memoryId === memoryId && pin.byHand)) return [];
  let others = state.pinned.filter((pin) => pin.memoryId !== memoryId);
  const evicted: string[] = [];
  for (const { id } of witnesses(context)) {
    const theirs = others.filter((pin) => pin.witnesses.includes(id)).sort(byWorth);
    const unlocked = theirs.filter(({ byHand }) => !byHand);
    // The new memory is never unpinned.
    const surplus = unlocked.slice(0, Math.max(0, theirs.length + 1 - cap)).map((pin) => pin.memoryId);
    evicted.push(...surplus);
    others = others.filter((pin) => !surplus.includes(pin.memoryId));
  }
  return [
    { kind: 'memory_pinned', data: { memoryId } },
    ...evicted.map((memoryId): NewEvent => ({ kind: 'memory_unpinned', data: { memoryId } })),
  ];
}

/** Sorts the least significant first; among equals, the oldest pin first. */
function byWorth(a: Pin, b: Pin): number {
  return (a.significance ?? 0) - (b.significance ?? 0) || a.pinnedSeq - b.pinnedSeq;
}
