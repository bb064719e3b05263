import { type Draft, type Drafts, draftKey, filledSteps } from '../drafts.js';
import type { ConnectionState } from '../follow/connectionState.js';
import type { RestartReason } from '../oldDraft.js';
import type { AgentStep, StatusFrame, StepView, Thinking, TurnStatus, ViewerFrame } from '../schema.js';
import type { ShownMessage } from './shownMessages.js';

/** A reply in flight. */
export type ShownDraft = {
  /** The id that its message will have. */
  id: string;
  turnId: string;
  beat: number;
  speakerId: string;
  text: string;
  thinking: string;
  /** Of an agent: what it has thought, said and called so far. */
  steps: readonly AgentStep[];
  /** A lost draft, which is shown until the new one has grown past it, and why it was lost; null of any other. */
  lost: { reason: RestartReason | null } | null;
};

/** A tool call that waits for a person. */
export type WaitingApproval = { turnId: string; callId: string; name: string; arguments?: unknown };

/**
 * - `loading`: the messages are not read yet.
 * - `submitted`: a message is being sent, or its reply has no text yet.
 * - `streaming`: a reply arrives.
 * - `awaiting_approval`: a tool call waits for a person.
 * - `awaiting_operator`: the turn is parked after a failure, and waits for an operator.
 * - `ready`: nothing is awaited. Follow-ups of a turn may still run.
 */
export type ChatStatus = 'loading' | 'submitted' | 'streaming' | 'awaiting_approval' | 'awaiting_operator' | 'ready';

/** The state of a chat. Immutable: another object after each change. */
export type TurnsSnapshot = {
  messages: readonly ShownMessage[];
  drafts: readonly ShownDraft[];
  /** The steps of the turns that run, with their attempts and errors. */
  steps: readonly StepView[];
  approvals: readonly WaitingApproval[];
  status: ChatStatus;
  /** Whether the connection was lost and is tried again. What is shown stays. */
  reconnecting: boolean;
  /** Why the chat can not be followed, or why the last action failed. */
  error: Error | null;
};

export type StoreState = {
  messages: readonly ShownMessage[];
  unsent: readonly ShownMessage[];
  drafts: Drafts;
  turns: ReadonlyMap<string, StatusFrame>;
  calls: Thinking['toolCalls'];
  isLoaded: boolean;
  connection: ConnectionState['name'];
  hasConnected: boolean;
  error: Error | null;
};

export const emptyState: StoreState = {
  messages: [],
  unsent: [],
  drafts: new Map(),
  turns: new Map(),
  calls: [],
  isLoaded: false,
  connection: 'connecting',
  hasConnected: false,
  error: null,
};

const ended: ReadonlySet<TurnStatus> = new Set<TurnStatus>(['completed', 'cancelled', 'failed']);

/** The turns that run, after a frame; the same map when none begins, changes or ends. */
export function evolveTurns(turns: StoreState['turns'], frame: ViewerFrame): StoreState['turns'] {
  if (frame.type === 'status' && !ended.has(frame.status)) return new Map(turns).set(frame.turnId, frame);
  const isEnd = frame.type === 'status' || (frame.type === 'event' && frame.kind === 'turn_completed');
  if (!isEnd || frame.turnId === null || !turns.has(frame.turnId)) return turns;
  const left = new Map(turns);
  left.delete(frame.turnId);
  return left;
}

export function snapshotOf(state: StoreState): TurnsSnapshot {
  const { messages, unsent, turns, connection, hasConnected, error } = state;
  const drafts = [...state.drafts.values()].map(shownDraft).filter(hasContent);
  const approvals = approvalsOf(state);
  return {
    messages: unsent.length > 0 ? [...messages, ...unsent] : messages,
    drafts,
    steps: [...turns.values()].flatMap(({ steps }) => steps),
    approvals,
    status: statusOf(state, drafts.length > 0, approvals.length > 0),
    reconnecting: hasConnected && (connection === 'waiting' || connection === 'connecting'),
    error,
  };
}

function shownDraft(draft: Draft): ShownDraft {
  const { turnId, beat, speakerId, old } = draft;
  const { text, thinking } = old ?? draft;
  const steps = filledSteps(old ?? draft);
  const id = draftKey(turnId, beat);
  return { id, turnId, beat, speakerId, text, thinking, steps, lost: old && { reason: old.reason } };
}

const hasContent = ({ text, thinking, steps }: ShownDraft): boolean =>
  text !== '' || thinking !== '' || steps.length > 0;

/** The calls are those of the one turn that replies, whose status is `awaiting_operator` while they wait. */
function approvalsOf({ calls, turns }: StoreState): WaitingApproval[] {
  const replying = [...turns.values()].find(({ phase }) => phase === 'replying');
  if (!replying) return [];
  return calls.flatMap(({ id: callId, name, status, arguments: given }) =>
    status === 'awaiting_approval' ? [{ turnId: replying.turnId, callId, name, arguments: given }] : [],
  );
}

function statusOf({ isLoaded, turns, unsent }: StoreState, isStreaming: boolean, isWaiting: boolean): ChatStatus {
  if (!isLoaded) return 'loading';
  if (isWaiting) return 'awaiting_approval';
  const open = [...turns.values()];
  if (open.some(({ status }) => status === 'awaiting_operator')) return 'awaiting_operator';
  if (isStreaming) return 'streaming';
  const awaitsReply = open.some(({ phase }) => phase === 'waiting' || phase === 'replying');
  return awaitsReply || unsent.some(({ state }) => state === 'sending') ? 'submitted' : 'ready';
}
