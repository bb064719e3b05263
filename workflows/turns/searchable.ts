import { type ChildWorkflowOptions, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';

type SearchAttributePair = Extract<NonNullable<ChildWorkflowOptions['typedSearchAttributes']>, unknown[]>[number];

/** `TurnPhase`, as operators search by it: coarser than a turn's own phase, since each change is an event. */
export type SearchedPhase = 'replying' | 'following_up' | 'awaiting_operator' | 'done';

const chatKey = { name: 'ChatId', type: 'KEYWORD' } as const;
const ownerKey = { name: 'Owner', type: 'KEYWORD' } as const;
const kindKey = { name: 'TurnKind', type: 'KEYWORD' } as const;
const phaseKey = { name: 'TurnPhase', type: 'KEYWORD' } as const;
const stuckKey = { name: 'StuckSteps', type: 'KEYWORD_LIST' } as const;

/** What a turn that is started can be found by. */
export const searchedAs = (turn: { chatId: string; owner: string; kind: string }): SearchAttributePair[] => [
  { key: chatKey, value: turn.chatId },
  { key: ownerKey, value: turn.owner },
  { key: kindKey, value: turn.kind },
  { key: phaseKey, value: 'replying' },
];

/** What a sub-agent is found by: its turn's chat and owner. Its kind and phase are not a turn's. */
export function searchedWithTurn(): SearchAttributePair[] {
  const { typedSearchAttributes: turns } = workflowInfo();
  return [chatKey, ownerKey].flatMap((key) => {
    const value = turns.get(key);
    return value === undefined ? [] : [{ key, value }];
  });
}

export function showPhase(phase: SearchedPhase): void {
  upsertSearchAttributes([{ key: phaseKey, value: phase }]);
}

/** With none stuck the attribute goes: the server takes an empty list for that, and keeps the SDK's null. */
export function showPhaseAndStuck(phase: SearchedPhase, stuck: string[]): void {
  upsertSearchAttributes([
    { key: phaseKey, value: phase },
    { key: stuckKey, value: stuck },
  ]);
}

/** After a step got stuck, was retried or skipped. */
export function showStuck(stuck: string[]): void {
  upsertSearchAttributes([{ key: stuckKey, value: stuck }]);
}
