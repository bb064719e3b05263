import type { TurnView } from '../../db/turns/turnView.js';
import type { StepView } from '../../domain/log/frames.js';
import { hasEnded } from '../../domain/turns/endStatus.js';
import type { TurnStatusReport } from '../../domain/turns/engine.js';
import type { TurnEngine } from '../../engine/turnEngine.js';

/** `failing`: the workflow's task fails at every attempt. `unreachable`: the resource is read from Postgres only. */
export type TurnEngineState = 'ok' | 'unreachable' | 'failing';

export type TurnResource = TurnView & { temporalUiUrl?: string; engine: TurnEngineState };

export type ShowTurn = {
  /** The turn as Postgres has it. */
  plain(view: TurnView, engine?: TurnResource['engine']): TurnResource;
  /** The turn joined with the state of its workflow while it runs. */
  joined(view: TurnView): Promise<TurnResource>;
};

const queryDeadlineMs = 1_000;

export function createShowTurn(deps: {
  engine: Pick<TurnEngine, 'status' | 'describe'>;
  /** Called for a running turn whose workflow does not run. */
  onLost: (turnId: string) => void;
  temporalUi: { url: string; namespace: string } | null;
}): ShowTurn {
  const { engine, onLost, temporalUi } = deps;
  const workflows = temporalUi && `${temporalUi.url.replace(/\/+$/, '')}/namespaces/${temporalUi.namespace}/workflows`;

  const plain: ShowTurn['plain'] = (view, state = 'ok') => ({
    ...view,
    ...(workflows ? { temporalUiUrl: `${workflows}/${view.workflowId}` } : {}),
    engine: state,
  });

  return {
    plain,
    async joined(view) {
      // A queued turn has no workflow yet. An ended turn is complete in Postgres.
      if (hasEnded(view) || view.status === 'queued') return plain(view);
      const deadline = { deadlineMs: queryDeadlineMs };
      // A closed workflow answers queries too, so its state is read as well.
      const [found, report] = await Promise.allSettled([
        engine.describe(view.id, deadline),
        engine.status(view.id, deadline),
      ]);
      if (found.status === 'rejected') return plain(view, 'unreachable');
      if (found.value.status !== 'running') {
        onLost(view.id);
        // A workflow that ran and is not found may run in another Temporal.
        return plain(view, found.value.status === 'not_found' && view.runId ? 'unreachable' : 'ok');
      }
      if (found.value.failing && !found.value.failing.slow) return plain(view, 'failing');
      return report.status === 'fulfilled' ? plain(join(view, report.value)) : plain(view, 'unreachable');
    },
  };
}

/** The status is from Postgres. The state of a step is from the workflow, its attempts and last error from Postgres. */
function join(view: TurnView, report: TurnStatusReport): TurnView {
  const steps = new Map<string, StepView>(report.steps.map((step) => [step.name, step]));
  for (const kept of view.steps) {
    const reported = steps.get(kept.name);
    if (!reported) steps.set(kept.name, kept);
    else steps.set(kept.name, { ...reported, ...kept, attempts: Math.max(reported.attempts, kept.attempts) });
  }
  return { ...view, phase: report.phase === 'done' ? view.phase : report.phase, steps: [...steps.values()] };
}
