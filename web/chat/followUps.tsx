import type { StepView } from '../../client/src/index.js';
import { post } from '../data/api.js';
import { nameOf } from '../data/library.js';
import { tryOrNotify } from '../data/notices.js';
import type { TurnState } from '../data/openChat.js';
import { stepLabel, stepStatusLabels } from '../parts/labels.js';

/** What follows from a reply, as it runs. A reply's own steps show by themselves, unless they are stuck. */
export function FollowUps({ turn }: { turn: TurnState }) {
  const stuck = turn.steps.filter(({ status }) => status === 'stuck');
  const others = turn.steps.filter(({ name, status }) => status !== 'stuck' && !isShownElsewhere(name));
  const done = others.filter(({ status }) => status === 'done' || status === 'skipped').length;
  return (
    <>
      {others.length > 0 && (
        <details class="follow-ups">
          <summary>
            <progress max={others.length} value={done} aria-label="Follow-ups" />
            <span>
              {turn.phase === 'replying' ? 'Beside the reply' : 'Follow-ups'}: {done} of {others.length} done
            </span>
          </summary>
          <ul>
            {others.map((step) => (
              <li key={step.name} class={`step ${step.status}`}>
                <span class="step-sign" aria-hidden="true" />
                <span>{stepLabel(step.name, nameOf)}</span>
                <span class="hint">{stateOf(step)}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
      {stuck.map((step) => (
        <StuckStep key={step.name} turnId={turn.turnId} step={step} />
      ))}
    </>
  );
}

const isShownElsewhere = (name: string) => name.startsWith('reply:') || name.startsWith('tool:');

function stateOf({ status, attempts, error }: StepView): string {
  const tries = attempts > 1 ? `, attempt ${attempts}` : '';
  const why = error && status === 'retrying' ? `: ${error.message}` : '';
  return `${stepStatusLabels[status]}${tries}${why}`;
}

/** Stuck steps of turns that are far back in the chat, where nobody would see them. */
export function EarlierStuckSteps({ turns }: { turns: readonly TurnState[] }) {
  const stuck = turns.flatMap((turn) =>
    turn.steps.flatMap((step) => (step.status === 'stuck' ? [{ turnId: turn.turnId, step }] : [])),
  );
  if (stuck.length === 0) return null;
  return (
    <section class="earlier-stuck" aria-label="Stuck in earlier turns">
      <p class="hint">From earlier in this chat:</p>
      {stuck.map(({ turnId, step }) => (
        <StuckStep key={`${turnId} ${step.name}`} turnId={turnId} step={step} />
      ))}
    </section>
  );
}

/** Nothing but a person's word moves it, until it is skipped by itself after a day. */
function StuckStep({ turnId, step }: { turnId: string; step: StepView }) {
  const tell = (what: 'retry' | 'skip') =>
    tryOrNotify(() => post(`/v1/turns/${turnId}/steps/${encodeURIComponent(step.name)}/${what}`));
  const words = stepLabel(step.name, nameOf);
  return (
    <fieldset class="stuck" aria-label={`Stuck: ${words}`}>
      <div>
        <strong>{words}</strong> is stuck after {step.attempts} {step.attempts === 1 ? 'attempt' : 'attempts'}.
        {step.error && (
          <span class="stuck-why">
            {step.error.message} <code>{step.error.code}</code>
          </span>
        )}
      </div>
      <div class="row">
        <button type="button" class="button" onClick={() => tell('retry')}>
          Retry
        </button>
        <button type="button" class="quiet" onClick={() => tell('skip')}>
          Skip
        </button>
      </div>
    </fieldset>
  );
}
