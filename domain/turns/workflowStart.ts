import { fairnessKey, searchAttributes, startDetails, summary, WORKFLOW_TASK_TIMEOUT_MS } from './engine.js';

type SearchAttribute = keyof typeof searchAttributes;

const keyTypes = { Keyword: 'KEYWORD', KeywordList: 'KEYWORD_LIST' } as const;

/** A search attribute's key, as client and workflows take it. */
export const searchKey = <Name extends SearchAttribute>(name: Name) => ({
  name,
  type: keyTypes[searchAttributes[name]],
});

export type StartedTurn = { turnId: string; chatId: string; owner: string; kind: string; speaker: string | null };

type TurnStart = {
  workflowId: string;
  workflowIdReusePolicy: 'REJECT_DUPLICATE';
  workflowTaskTimeout: number;
  priority: { fairnessKey: string };
  staticSummary: string;
  staticDetails: string;
  typedSearchAttributes: { key: { name: string; type: 'KEYWORD' }; value: string }[];
};

/**
 * The options of a turn's workflow, whether a client starts it or the workflow of the turn before it. Its activities and
 * children inherit the priority.
 */
export const turnStart = (turn: StartedTurn): TurnStart => ({
  workflowId: turn.turnId,
  workflowIdReusePolicy: 'REJECT_DUPLICATE',
  workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
  priority: { fairnessKey: fairnessKey(turn.owner) },
  staticSummary: summary(`${turn.kind} turn`, turn.speaker),
  staticDetails: startDetails(turn),
  typedSearchAttributes: [
    { key: searchKey('ChatId'), value: turn.chatId },
    { key: searchKey('Owner'), value: turn.owner },
    { key: searchKey('TurnKind'), value: turn.kind },
    { key: searchKey('TurnPhase'), value: 'replying' },
  ],
});
