import { Counter } from 'prom-client';
import type { Telemetry } from '../../activities/telemetry.js';
import type { Pass } from '../../db/reconciler/reconcilePass.js';
import type { Log } from '../../telemetry/log/log.js';
import type { Metrics } from '../../telemetry/registry.js';

const outcomes = ['started', 'closed', 'floorPassed', 'recovered', 'failed'] as const;

/** Counts what the reconciler does. Logs an error when it begins to refuse turns, and a line when it no longer does. */
export function createReconcileTelemetry(
  { registry }: Metrics,
  log: Log,
): Pick<Telemetry, 'passEnded' | 'notReconciled' | 'notTrimmed'> {
  const registers = [registry];
  const turns = new Counter({
    name: 'reconciled_turns_total',
    help: 'Turns that the reconciler changed, or failed to',
    labelNames: ['outcome'],
    registers,
  });
  const passes = new Counter({ name: 'reconciler_passes_total', help: 'Passes of the reconciler', registers });
  for (const outcome of outcomes) turns.inc({ outcome: labelOf(outcome) }, 0);
  let refused = '';

  return {
    passEnded(pass) {
      passes.inc();
      for (const outcome of outcomes) turns.inc({ outcome: labelOf(outcome) }, pass[outcome]);
      const refuses = `${pass.namespace.id} ${pass.elsewhere} ${pass.missing}`;
      if (refuses === refused) return;
      if (pass.elsewhere + pass.missing > 0) log.error(fieldsOf(pass), 'the reconciler refuses to close turns');
      else if (refused !== '') log.info(fieldsOf(pass), 'the reconciler finds the workflow of every turn');
      refused = pass.elsewhere + pass.missing > 0 ? refuses : '';
    },
    notReconciled(turnId, err) {
      log.warn({ err, turnId }, 'a turn could not be reconciled; the next pass tries again');
    },
    notTrimmed(err) {
      log.warn({ err }, 'the rows of ended turns could not be removed; the next pass tries again');
    },
  };
}

const labelOf = (outcome: (typeof outcomes)[number]) => (outcome === 'floorPassed' ? 'floor_passed' : outcome);

/** `elsewhere`: started in another Temporal namespace. `missing`: not found, and too many at once. */
const fieldsOf = ({ namespace, elsewhere, missing, looked }: Pass) => ({ namespace, elsewhere, missing, looked });
