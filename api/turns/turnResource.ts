import type { TurnView } from '../../db/turns/turnView.js';
import type { StepView } from '../../domain/log/frames.js';
import { hasEnded } from '../../domain/turns/endStatus.js';
import type { TurnStatusReport } from '../../domain/turns/engine.js';
import type { TurnEngine } from '../../engine/turnEngine.js';

/** `failing`: its workflow's task fails again and again. `unreachable`: what is said is what Postgres knows. */
export type TurnEngineState = 'ok' | 'unreachable' | 'failing';

export type TurnResource = TurnView & { temporalUiUrl?: string; engine: TurnEngineState };

export type ShowTurn = {
  /** The turn as Postgres has it. */
  plain(view: TurnView, engine?: TurnResource['engine']): TurnResource;
  /** Joined, while it is in flight, with what its workflow says. */
  joined(view: TurnView): Promise<TurnResource>;
};

const queryDeadlineMs = 1_000;

export function createShowTurn(deps: {
  engine: Pick<TurnEngine, 'status' | 'describe'>;
  /** Called with a turn in flight whose workflow is not: what to do about it is the reconciler's. */
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
      // A queued turn has no workflow yet, one that has ended is all in Postgres.
      if (hasEnded(view) || view.status === 'queued') return plain(view);
      const deadline = { deadlineMs: queryDeadlineMs };
      // A closed workflow may answer queries too, so its state is asked beside.
      const [found, report] = await Promise.allSettled([
        engine.describe(view.id, deadline),
        engine.status(view.id, deadline),
      ]);
      if (found.status === 'rejected') return plain(view, 'unreachable');
      if (found.value.status !== 'running') {
        onLost(view.id);
        // A workflow that ran and is not here may run in another Temporal.
        return plain(view, found.value.status === 'not_found' && view.runId ? 'unreachable' : 'ok');
      }
      if (found.value.failing && !found.value.failing.slow) return plain(view, 'failing');
      return report.status === 'fulfilled' ? plain(join(view, report.value)) : plain(view, 'unreachable');
    },
  };
}

/** Status is Postgres' word. Of a step the workflow knows the state, Postgres the attempts and the last error. */
function join(view: TurnView, report: TurnStatusReport): TurnView {
  const steps = new Map<string, StepView>(report.steps.map((step) => [step.name, step]));
  for (const kept of view.steps) {
    const told = steps.get(kept.name);
    if (!told) steps.set(kept.name, kept);
    else steps.set(kept.name, { ...told, ...kept, attempts: Math.max(told.attempts, kept.attempts) });
  }
  return { ...view, phase: report.phase === 'done' ? view.phase : report.phase, steps: [...steps.values()] };
}
