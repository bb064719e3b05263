import type { StepView } from '../../../client/src/index.js';
import { nameOf } from '../../data/library.js';
import { tryOrNotify } from '../../data/notices.js';
import { service } from '../../data/service.js';
import type { TurnState } from '../../data/stream/turnStates.js';
import { stepLabel } from '../../parts/labels.js';
import { failureMessage } from '../../strings/errors.js';
import { t } from '../../strings/strings.js';
import { FailureText } from '../turns/failureBox.js';

/** The background tasks of a turn while they run, and those that failed. Steps of the reply itself are shown elsewhere. */
export function FollowUps({ turn }: { turn: TurnState }) {
  const stuck = turn.steps.filter(({ status }) => status === 'stuck');
  const others = turn.steps.filter(({ name, status }) => status !== 'stuck' && !isReplyStep(name));
  return (
    <>
      {others.length > 0 && <Progress steps={others} />}
      {stuck.map((step) => (
        <StuckStep key={step.name} turnId={turn.turnId} step={step} />
      ))}
    </>
  );
}

const isReplyStep = (name: string) => name.startsWith('reply:') || name.startsWith('tool:');

/** Hidden, and not removed, while all are done: more may follow, and the list stays open if the user opened it. */
function Progress({ steps }: { steps: readonly StepView[] }) {
  const done = steps.filter(({ status }) => status === 'done' || status === 'skipped').length;
  return (
    <details class="follow-ups" hidden={done === steps.length}>
      <summary>
        <progress max={steps.length} value={done} aria-label={t().turn.tasks} />
        <span>{t().turn.tasksDone(done, steps.length)}</span>
      </summary>
      <ul>
        {steps.map((step) => (
          <li key={step.name} class={`step ${step.status}`}>
            <span class="step-sign" aria-hidden="true" />
            <span>{stepLabel(step.name, nameOf)}</span>
            <span class="hint">{stateOf(step)}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

function stateOf({ status, attempts, error }: StepView): string {
  const count = attempts > 1 ? t().turn.attempt(attempts) : '';
  const reason = error && status === 'retrying' ? `: ${failureMessage(error)}` : '';
  return `${t().labels.stepStatus[status]}${count}${reason}`;
}

/** Stuck steps of turns that are not loaded, because they are far back in the chat. */
export function EarlierStuckSteps({ turns }: { turns: readonly TurnState[] }) {
  const stuck = turns.flatMap((turn) =>
    turn.steps.flatMap((step) => (step.status === 'stuck' ? [{ turnId: turn.turnId, step }] : [])),
  );
  if (stuck.length === 0) return null;
  return (
    <section class="earlier-stuck" aria-label={t().turn.earlierFailed}>
      <p class="hint">{t().turn.earlierFailed}</p>
      {stuck.map(({ turnId, step }) => (
        <StuckStep key={`${turnId} ${step.name}`} turnId={turnId} step={step} />
      ))}
    </section>
  );
}

/** A step that has used up its attempts. It waits to be retried or skipped, and is skipped by itself after a day. */
function StuckStep({ turnId, step }: { turnId: string; step: StepView }) {
  const decide = (decision: 'retry' | 'skip') => tryOrNotify(() => service.decideStep(turnId, step.name, decision));
  const label = stepLabel(step.name, nameOf);
  return (
    <fieldset class="stuck" aria-label={t().turn.failed(label)}>
      <div>
        <strong>{label}</strong> {t().turn.failedAfter(step.attempts)}
        {step.error && (
          <div class="stuck-why">
            <FailureText error={step.error} />
          </div>
        )}
      </div>
      <div class="row">
        <button type="button" class="button" onClick={() => decide('retry')}>
          {t().turn.retry}
        </button>
        <button type="button" class="quiet" onClick={() => decide('skip')}>
          {t().turn.skip}
        </button>
      </div>
    </fieldset>
  );
}
