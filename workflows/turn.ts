import {
  ApplicationFailure,
  CancellationScope,
  getExternalWorkflowHandle,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import { MAX_ITERATIONS } from '../domain/agents/agent.js';
import type { EndStatus } from '../domain/turns/endStatus.js';
import type { ChatKind } from '../domain/turns/turn.js';
import { endOfTurn, type ReplyVerdict } from '../domain/turns/verdict.js';
import { awaitOperator, finishTurn, isTurnOver, openTurn, routeStreamsApart } from './activities.js';
import { agent } from './agents/agent.js';
import { document } from './documents/document.js';
import { narrative } from './narrative/narrative.js';
import { relay } from './relay/relay.js';
import { handleMessages } from './turns/control.js';
import { createProgress, type Progress } from './turns/progress.js';
import type { RunningTurn } from './turns/reply.js';
import { publishPhaseAndStuck } from './turns/searchable.js';
import { startNext } from './turns/startNext.js';
import { createSteps } from './turns/steps.js';
import { startTitle } from './turns/titleChat.js';

export type TurnInput = { turnId: string; chatId: string };
export type TurnOutcome = { status: string };

/**
 * Runs one turn: opens it, gets its reply and the follow-ups, waits for an operator while steps are stuck, ends it and
 * passes the floor on. Its workflow id is the turn's id.
 */
export async function turn({ turnId, chatId }: TurnInput): Promise<TurnOutcome> {
  const progress = createProgress((changed) => setCurrentDetails(changed.details()));
  const steps = createSteps(turnId, progress);
  const control = handleMessages(progress, steps);
  const running = { control, progress, steps };

  const opened = await CancellationScope.nonCancellable(() => openTurn({ turnId }));
  if (opened.ended) return endedAs('ended_before', progress);
  routeStreamsApart(opened.streams);

  progress.enter('replying');
  if (opened.stop) control.stop();
  const verdict = await kindOf(opened.kind)(turnId, opened, running);
  if (verdict.gone) return endedAs('ended_elsewhere', progress);

  return CancellationScope.nonCancellable(async () => {
    const named = verdict.landed && opened.namesChat ? startTitle({ turnId, chatId }) : null;
    if (verdict.landed && opened.regenerates) await releaseReplaced(opened.regenerates);
    const over = steps.stuck().length > 0 && (await waitUntilResolved(turnId, running));
    const outcome = over ? endedAs('ended_elsewhere', progress) : await finish(turnId, verdict, running);
    // A child whose parent completes before it was started is never started.
    await named;
    return outcome;
  });
}

/** Frees the floor and waits until no step is stuck. True when the turn has ended elsewhere in the meantime. */
async function waitUntilResolved(turnId: string, { control, progress, steps }: RunningTurn): Promise<boolean> {
  const { next } = await awaitOperator({ turnId, keepFloor: false });
  progress.enter('following_up', 'awaiting_operator');
  publishPhaseAndStuck('awaiting_operator', steps.stuck());
  if (next) await startNext(next);
  for (;;) {
    const seen = control.stopCount();
    await steps.resolved(() => control.stopCount() !== seen);
    if (await isTurnOver({ turnId })) return true;
    if (control.stopCount() === seen) return false;
  }
}

/** Cannot be cancelled: every accepted turn ends, and the floor passes on. */
async function finish(turnId: string, verdict: ReplyVerdict, { progress }: RunningTurn): Promise<TurnOutcome> {
  progress.enter('finishing');
  const end = endOfTurn(verdict);
  const { next } = await finishTurn({ turnId, ...end, warnings: progress.warnings() });
  progress.enter('done', end.status satisfies EndStatus);
  publishPhaseAndStuck('done', []);
  if (next) await startNext(next);
  return { status: end.status };
}

/** Postgres already has the end of the turn. The search attributes must not show it as waiting. */
function endedAs(status: 'ended_before' | 'ended_elsewhere', progress: Progress): TurnOutcome {
  progress.enter('done');
  publishPhaseAndStuck('done', []);
  return { status };
}

/** The replaced version has left the timeline, so its workflow need not wait for an operator any more. */
async function releaseReplaced(turnId: string): Promise<void> {
  try {
    await getExternalWorkflowHandle(turnId).signal('stopReply');
  } catch {
    // Its workflow has closed.
  }
}

type Opened = Extract<Awaited<ReturnType<typeof openTurn>>, { ended: false }>;
type Kind = (turnId: string, opened: Opened, running: RunningTurn) => Promise<ReplyVerdict>;

/** The kinds of turn: a row each, and a file each. */
const kinds: Record<ChatKind, Kind> = {
  narrative: (turnId, opened, running) => {
    const { host } = opened;
    if (!host) throw ApplicationFailure.nonRetryable('turn_gone', 'turn_gone');
    return narrative({ ...opened, turnId, taskQueue: workflowInfo().taskQueue, host }, running);
  },
  agent: (turnId, { whenFailed, maxIterations }, running) =>
    agent({ turnId, whenFailed, maxIterations: maxIterations ?? MAX_ITERATIONS }, running),
  relay: (turnId, { whenFailed }, running) => relay({ turnId, whenFailed }, running),
  document: (turnId, { whenFailed }, running) => document({ turnId, whenFailed }, running),
};

function kindOf(kind: ChatKind): Kind {
  const found = kinds[kind];
  if (!found) throw ApplicationFailure.nonRetryable(`kind_not_available: ${kind}`, 'kind_not_available');
  return found;
}
