import { CancellationScope, condition } from '@temporalio/workflow';
import { type FailureCode, isFailureCode } from '../../domain/log/failures.js';
import { summary } from '../../domain/turns/engine.js';
import { failureCount, failureType, markStuck, skipStep } from '../activities.js';
import type { Progress } from './progress.js';
import { publishStuck } from './searchable.js';

/** After this time without a decision, a stuck step is skipped and a tool call is denied. */
export const OPERATOR_TIMEOUT = '24 h';

type Stuck = { round: number; begin(round: number): Promise<void> };

/**
 * The steps of a turn that can get stuck. A failure does not stop other steps: a step without attempts left is marked
 * as stuck, and the steps that wait for it continue as if it had landed.
 */
export type Steps = {
  /**
   * Runs a step that operators may retry. Resolves when it has landed or is stuck, and never rejects. `onLanded` runs
   * when it lands, possibly hours later.
   */
  run<T>(name: string, attempt: (round: number) => Promise<T>, onLanded?: (value: T) => Promise<void>): Promise<void>;
  /** Commands of operators. The step must be stuck. */
  retry(name: string): void;
  skip(name: string): Promise<void>;
  /**
   * Waits until an operator decides on a failed step, or `isOver` says that it is no longer needed. `onParked` is called
   * once the step is marked as stuck. The caller runs the step again.
   */
  park(name: string, round: number, failure: StepFailure, parking: Parking): Promise<'retry' | 'skip' | 'over'>;
  stuck(): string[];
  /** Waits until no step is stuck or running, or `isOver` says that the turn has ended elsewhere. */
  resolved(isOver: () => boolean): Promise<void>;
};

/** The code of a step's failure, and the number of failures where it is known. */
export type StepFailure = { code: FailureCode; failures?: number };

export type Parking = { isOver: () => boolean; onParked: () => Promise<void> };

export function createSteps(turnId: string, progress: Progress): Steps {
  const stuck = new Map<string, Stuck>();
  let running = 0;

  async function attempt(name: string, round: number, work: () => Promise<void>, again: Stuck['begin']): Promise<void> {
    running += 1;
    progress.set(name, 'running');
    try {
      await work();
      progress.set(name, 'done');
    } catch (error) {
      await markAsStuck(name, round, failureOf(error), again);
    } finally {
      running -= 1;
    }
  }

  async function markAsStuck(name: string, round: number, failure: StepFailure, begin: Stuck['begin']): Promise<void> {
    const { code, failures } = failure;
    const marked = await markStuck({ turnId, step: name, round, code });
    if (marked) {
      stuck.set(name, { round, begin });
      publishStuck([...stuck.keys()]);
    }
    progress.set(name, marked ? 'stuck' : 'skipped', code, failures);
  }

  function takeStuck(name: string): Stuck | undefined {
    const found = stuck.get(name);
    if (stuck.delete(name)) publishStuck([...stuck.keys()]);
    return found;
  }

  /** The timer's label in the Temporal UI. */
  const timerSummary = () => ({ summary: summary('skipped when this fires', [...stuck.keys()].join(', ')) });

  async function skip(name: string): Promise<void> {
    if (!takeStuck(name)) return;
    running += 1;
    try {
      await skipStep({ turnId, step: name });
      progress.set(name, 'skipped', progress.find(name)?.error?.code);
      progress.warn(`step_skipped:${name}`);
    } finally {
      running -= 1;
    }
  }

  return {
    run(name, ask, onLanded) {
      const begin = (round: number): Promise<void> =>
        attempt(
          name,
          round,
          async () => {
            const value = await ask(round);
            await onLanded?.(value);
          },
          begin,
        );
      return CancellationScope.nonCancellable(() => begin(0));
    },
    retry(name) {
      const found = takeStuck(name);
      if (!found) return;
      // Never rejects: a step that fails again is stuck again.
      void CancellationScope.nonCancellable(() => found.begin(found.round + 1));
    },
    skip,
    async park(name, round, failure, { isOver, onParked }) {
      let retried = false;
      await markAsStuck(name, round, failure, async () => {
        retried = true;
      });
      await onParked();
      const decided = await condition(() => retried || !stuck.has(name) || isOver(), OPERATOR_TIMEOUT, timerSummary());
      if (!decided) await skip(name);
      if (retried) return 'retry';
      return takeStuck(name) ? 'over' : 'skip';
    },
    stuck: () => [...stuck.keys()],
    async resolved(isOver) {
      const idle = () => running === 0 && stuck.size === 0;
      while (!idle() && !isOver()) {
        const changed = await condition(() => idle() || isOver(), OPERATOR_TIMEOUT, timerSummary());
        if (!changed) await Promise.all([...stuck.keys()].map(skip));
      }
    },
  };
}

/** A failure without one of our codes is one that the activity could not report, such as a timeout. */
export function codeOf(error: unknown): FailureCode {
  const type = failureType(error);
  return type && isFailureCode(type) ? type : 'internal';
}

export function failureOf(error: unknown): StepFailure {
  const failures = failureCount(error);
  return { code: codeOf(error), ...(failures === null ? {} : { failures }) };
}
