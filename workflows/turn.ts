import {
  ApplicationFailure,
  CancellationScope,
  getExternalWorkflowHandle,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import { MAX_ITERATIONS } from '../domain/agents/agent.js';
import type { ChatKind, EndStatus } from '../domain/turns/turn.js';
import { endOfTurn, type ReplyVerdict } from '../domain/turns/verdict.js';
import { awaitOperator, finishTurn, isTurnOver, openTurn, sendStreamsApart } from './activities.js';
import { agent } from './agents/agent.js';
import { document } from './documents/document.js';
import { narrative } from './narrative/narrative.js';
import { relay } from './relay/relay.js';
import { listen } from './turns/control.js';
import { createProgress, type Progress } from './turns/progress.js';
import type { Ears } from './turns/reply.js';
import { showPhaseAndStuck } from './turns/searchable.js';
import { startNext } from './turns/startNext.js';
import { createSteps } from './turns/steps.js';

export type TurnInput = { turnId: string; chatId: string };
export type TurnOutcome = { status: string };

/**
 * One turn, from its first step to its last: opens it, gets its reply and what follows from it, waits for
 * operators where steps are stuck, ends it and hands the floor on. Its workflow id is the turn's id.
 */
export async function turn({ turnId }: TurnInput): Promise<TurnOutcome> {
  const progress = createProgress((changed) => setCurrentDetails(changed.details()));
  const steps = createSteps(turnId, progress);
  const control = listen(progress, steps);
  const ears = { control, progress, steps };

  const opened = await CancellationScope.nonCancellable(() => openTurn({ turnId }));
  if (opened.ended) return endedAs('ended_before', progress);
  sendStreamsApart(opened.streams);

  progress.enter('replying');
  if (opened.stop) control.stop();
  const verdict = await kindOf(opened.kind)(turnId, opened, ears);
  if (verdict.gone) return endedAs('ended_elsewhere', progress);

  return CancellationScope.nonCancellable(async () => {
    if (verdict.landed && opened.regenerates) await wake(opened.regenerates);
    const over = steps.stuck().length > 0 && (await untilMended(turnId, ears));
    return over ? endedAs('ended_elsewhere', progress) : finish(turnId, verdict, ears);
  });
}

/** With steps stuck the floor is free, and the turn waits for an operator. True when the turn has ended meanwhile. */
async function untilMended(turnId: string, { control, progress, steps }: Ears): Promise<boolean> {
  const { next } = await awaitOperator({ turnId, keepFloor: false });
  progress.enter('following_up', 'awaiting_operator');
  showPhaseAndStuck('awaiting_operator', steps.stuck());
  if (next) await startNext(next);
  for (;;) {
    const seen = control.stops();
    await steps.mended(() => control.stops() !== seen);
    if (await isTurnOver({ turnId })) return true;
    if (control.stops() === seen) return false;
  }
}

/** Finishing can't be cancelled: a turn that was accepted always ends, and the floor passes on. */
async function finish(turnId: string, verdict: ReplyVerdict, { progress }: Ears): Promise<TurnOutcome> {
  progress.enter('finishing');
  const end = endOfTurn(verdict);
  const { next } = await finishTurn({ turnId, ...end, warnings: progress.warnings() });
  progress.enter('done', end.status satisfies EndStatus);
  showPhaseAndStuck('done', []);
  if (next) await startNext(next);
  return { status: end.status };
}

/** Nothing was left to do: Postgres knows how the turn ended. Nobody should find it as one that waits. */
function endedAs(status: 'ended_before' | 'ended_elsewhere', progress: Progress): TurnOutcome {
  progress.enter('done');
  showPhaseAndStuck('done', []);
  return { status };
}

/** The version that this one replaced has left the timeline: if its workflow waits for an operator, it need not. */
async function wake(turnId: string): Promise<void> {
  try {
    await getExternalWorkflowHandle(turnId).signal('stopReply');
  } catch {
    // It is long closed: there is nobody to wake.
  }
}

type Opened = Extract<Awaited<ReturnType<typeof openTurn>>, { ended: false }>;
type Kind = (turnId: string, opened: Opened, ears: Ears) => Promise<ReplyVerdict>;

/** The kinds of turn: a row each, and a file each. */
const kinds: Record<ChatKind, Kind> = {
  narrative: (turnId, opened, ears) => {
    const { host } = opened;
    if (!host) throw ApplicationFailure.nonRetryable('turn_gone', 'turn_gone');
    return narrative({ ...opened, turnId, taskQueue: workflowInfo().taskQueue, host }, ears);
  },
  agent: (turnId, { whenFailed, maxIterations }, ears) =>
    agent({ turnId, whenFailed, maxIterations: maxIterations ?? MAX_ITERATIONS }, ears),
  relay: (turnId, { whenFailed }, ears) => relay({ turnId, whenFailed }, ears),
  document: (turnId, { whenFailed }, ears) => document({ turnId, whenFailed }, ears),
};

function kindOf(kind: ChatKind): Kind {
  const found = kinds[kind];
  if (!found) throw ApplicationFailure.nonRetryable(`kind_not_available: ${kind}`, 'kind_not_available');
  return found;
}
