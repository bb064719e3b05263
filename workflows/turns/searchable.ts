import { type ChildWorkflowOptions, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { searchKey } from '../../domain/turns/workflowStart.js';

type SearchAttributePair = Extract<NonNullable<ChildWorkflowOptions['typedSearchAttributes']>, unknown[]>[number];

/** The values of the search attribute `TurnPhase`. Coarser than a turn's own phase, because each change is an event. */
export type SearchedPhase = 'replying' | 'following_up' | 'awaiting_operator' | 'done';

const phaseKey = searchKey('TurnPhase');
const stuckKey = searchKey('StuckSteps');

/** A sub-agent has its turn's chat and owner. It has no kind and phase of a turn. */
export function searchAttributesOfParent(): SearchAttributePair[] {
  const { typedSearchAttributes: turns } = workflowInfo();
  return [searchKey('ChatId'), searchKey('Owner')].flatMap((key) => {
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
