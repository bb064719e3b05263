import { fairnessKey, searchAttributes, startDetails, summary, WORKFLOW_TASK_TIMEOUT_MS } from './engine.js';
import type { ChatKind } from './turn.js';

type SearchAttribute = keyof typeof searchAttributes;

const keyTypes = { Keyword: 'KEYWORD', KeywordList: 'KEYWORD_LIST' } as const;

/** The key of a search attribute, for the client and for workflows. */
export const searchKey = <Name extends SearchAttribute>(name: Name) => ({
  name,
  type: keyTypes[searchAttributes[name]],
});

/**
 * What starting a turn's workflow needs. `speaker` is the name of the chat's host, for the summary that operators see.
 * `trace` is the traceparent of the workflow's parent span, left out without tracing.
 */
export type StartTurn = {
  turnId: string;
  chatId: string;
  owner: string;
  kind: ChatKind;
  speaker: string | null;
  /** The id of the namespace in which to start the workflow. Null: the connected one. */
  namespaceId: string | null;
  trace?: string;
};

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
 * The start options of a turn's workflow. The client and the workflow of the previous turn use the same ones.
 * Activities and children inherit the priority.
 */
export const turnStart = (turn: StartTurn): TurnStart => ({
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
