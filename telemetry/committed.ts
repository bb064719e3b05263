import { Counter, Histogram } from 'prom-client';
import type { Committed } from '../db/core/committed.js';
import { endStatuses } from '../domain/turns/endStatus.js';
import { stepFamily } from '../domain/turns/stepFamily.js';
import { chatKind } from '../domain/turns/turn.js';
import type { Log } from './log/log.js';
import type { Metrics } from './registry.js';

type TurnEnded = Extract<Committed, { what: 'turn_ended' }>;
type TurnFailing = Extract<Committed, { what: 'turn_failing' }>;
type StepStuck = Extract<Committed, { what: 'step_stuck' }>;

/** Buckets in seconds, up to a turn that waited for an operator all day. */
const turnSeconds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300, 900, 3_600, 21_600, 86_400];

/** Counts and logs what this process committed. Each turn and step is counted by the process that committed it. */
export function countCommitted({ registry }: Metrics, log: Log): (committed: Committed) => void {
  const registers = [registry];
  const finished = new Counter({
    name: 'turns_finished_total',
    help: 'Turns that this process ended, by kind and outcome',
    labelNames: ['kind', 'outcome'],
    registers,
  });
  const durations = new Histogram({
    name: 'turn_duration_seconds',
    help: 'From the acceptance of a turn to its end',
    labelNames: ['kind', 'outcome'],
    buckets: turnSeconds,
    registers,
  });
  const stuck = new Counter({
    name: 'turn_steps_stuck_total',
    help: 'Steps that got stuck, by what they are and why',
    labelNames: ['step', 'code'],
    registers,
  });

  const failing = new Counter({
    name: 'turns_began_failing_total',
    help: 'Turns whose workflow began to fail, by kind',
    labelNames: ['kind'],
    registers,
  });

  // Prometheus misses the first increment of a counter that did not exist before it.
  for (const kind of chatKind.options) {
    failing.inc({ kind }, 0);
    for (const outcome of endStatuses) finished.inc({ kind, outcome }, 0);
  }

  function turnEnded({ kind, status, ...turn }: TurnEnded) {
    finished.inc({ kind, outcome: status });
    durations.observe({ kind, outcome: status }, turn.seconds);
    const { what: _, seconds, firstTokenSeconds, ...rest } = turn;
    log.info(
      {
        ...rest,
        kind,
        outcome: status,
        durationMs: toMs(seconds),
        firstTokenMs: firstTokenSeconds === null ? null : toMs(firstTokenSeconds),
      },
      'a turn ended',
    );
  }

  function stepStuck({ what: _, ...step }: StepStuck) {
    stuck.inc({ step: stepFamily(step.step), code: step.code });
    log.warn(step, 'a step is stuck: it waits for an operator');
  }

  function turnFailing({ what: _, ...turn }: TurnFailing) {
    failing.inc({ kind: turn.kind });
    log.error(turn, 'the workflow of a turn can not go on; the chat continues without it');
  }

  return (committed) => {
    switch (committed.what) {
      case 'turn_ended':
        return turnEnded(committed);
      case 'step_stuck':
        return stepStuck(committed);
      case 'turn_failing':
        return turnFailing(committed);
    }
  };
}

const toMs = (seconds: number) => Math.round(seconds * 1_000);
