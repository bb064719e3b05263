import { type ChildWorkflowOptions, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';

type SearchAttributePair = Extract<NonNullable<ChildWorkflowOptions['typedSearchAttributes']>, unknown[]>[number];

/** The values of the search attribute `TurnPhase`. Coarser than a turn's own phase, because each change is an event. */
export type SearchedPhase = 'replying' | 'following_up' | 'awaiting_operator' | 'done';

const chatKey = { name: 'ChatId', type: 'KEYWORD' } as const;
const ownerKey = { name: 'Owner', type: 'KEYWORD' } as const;
const kindKey = { name: 'TurnKind', type: 'KEYWORD' } as const;
const phaseKey = { name: 'TurnPhase', type: 'KEYWORD' } as const;
const stuckKey = { name: 'StuckSteps', type: 'KEYWORD_LIST' } as const;

/** The search attributes of a turn at its start. */
export const searchAttributesOf = (turn: { chatId: string; owner: string; kind: string }): SearchAttributePair[] => [
  { key: chatKey, value: turn.chatId },
  { key: ownerKey, value: turn.owner },
  { key: kindKey, value: turn.kind },
  { key: phaseKey, value: 'replying' },
];

/** A sub-agent has its turn's chat and owner. It has no kind and phase of a turn. */
export function searchAttributesOfParent(): SearchAttributePair[] {
  const { typedSearchAttributes: turns } = workflowInfo();
  return [chatKey, ownerKey].flatMap((key) => {
    const value = turns.get(key);
    return value === undefined ? [] : [{ key, value }];
  });
}

export function publishPhase(phase: SearchedPhase): void {
  upsertSearchAttributes([{ key: phaseKey, value: phase }]);
}

/** An empty list removes the attribute. The SDK's null would be stored as a value. */
export function publishPhaseAndStuck(phase: SearchedPhase, stuck: string[]): void {
  upsertSearchAttributes([
    { key: phaseKey, value: phase },
    { key: stuckKey, value: stuck },
  ]);
}

/** After a step got stuck, was retried or skipped. */
export function publishStuck(stuck: string[]): void {
  upsertSearchAttributes([{ key: stuckKey, value: stuck }]);
}
