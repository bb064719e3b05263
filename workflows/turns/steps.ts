import { CancellationScope, condition } from '@temporalio/workflow';
import { type FailureCode, isFailureCode } from '../../domain/log/failures.js';
import { summary } from '../../domain/turns/engine.js';
import { failureCount, failureType, markStuck, skipStep } from '../activities.js';
import type { Progress } from './progress.js';
import { showStuck } from './searchable.js';

/** How long an operator has to mend a stuck step before it is skipped, or to approve a call before it is not made. */
export const OPERATOR_PATIENCE = '24 h';

type Stuck = { round: number; begin(round: number): Promise<void> };

/**
 * The steps of a turn that can get stuck. One failure never stops its siblings: a step that has used up its
 * attempts is marked, and what waits for it goes on as if it had landed.
 */
export type Steps = {
  /**
   * Runs a step that operators may retry. Resolves when it has landed or is stuck, and never rejects; `land`
   * is called when it lands, be it hours later.
   */
  run<T>(name: string, attempt: (round: number) => Promise<T>, land?: (value: T) => Promise<void>): Promise<void>;
  /** What an operator asks for. The step is known to be stuck. */
  retry(name: string): void;
  skip(name: string): Promise<void>;
  /**
   * Holds a step that has failed until an operator decides, or `over` says that nobody needs it any more; once it
   * is marked as stuck, `held` is called. The caller runs it again.
   */
  park(name: string, round: number, failure: StepFailure, parking: Parking): Promise<'retry' | 'skip' | 'over'>;
  stuck(): string[];
  /** Until no step is stuck or runs any more, or `over` says that the turn has ended elsewhere. */
  mended(over: () => boolean): Promise<void>;
};

/** What a step failed with, and how often, where that is known. */
export type StepFailure = { code: FailureCode; failures?: number };

export type Parking = { over: () => boolean; held: () => Promise<void> };

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
      await stick(name, round, failureOf(error), again);
    } finally {
      running -= 1;
    }
  }

  async function stick(name: string, round: number, failure: StepFailure, begin: Stuck['begin']): Promise<void> {
    const { code, failures } = failure;
    const marked = await markStuck({ turnId, step: name, round, code });
    if (marked) {
      stuck.set(name, { round, begin });
      showStuck([...stuck.keys()]);
    }
    progress.set(name, marked ? 'stuck' : 'skipped', code, failures);
  }

  function unstick(name: string): Stuck | undefined {
    const found = stuck.get(name);
    if (stuck.delete(name)) showStuck([...stuck.keys()]);
    return found;
  }

  /** What the UI shows of the timer after which they are skipped. */
  const patience = () => ({ summary: summary('skipped when this fires', [...stuck.keys()].join(', ')) });

  async function skip(name: string): Promise<void> {
    if (!unstick(name)) return;
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
    run(name, ask, land) {
      const begin = (round: number): Promise<void> =>
        attempt(
          name,
          round,
          async () => {
            const value = await ask(round);
            await land?.(value);
          },
          begin,
        );
      return CancellationScope.nonCancellable(() => begin(0));
    },
    retry(name) {
      const found = unstick(name);
      if (!found) return;
      // It never rejects: a step that fails again is stuck again.
      void CancellationScope.nonCancellable(() => found.begin(found.round + 1));
    },
    skip,
    async park(name, round, failure, { over, held }) {
      let retried = false;
      await stick(name, round, failure, async () => {
        retried = true;
      });
      await held();
      const decided = await condition(() => retried || !stuck.has(name) || over(), OPERATOR_PATIENCE, patience());
      if (!decided) await skip(name);
      if (retried) return 'retry';
      return unstick(name) ? 'over' : 'skip';
    },
    stuck: () => [...stuck.keys()],
    async mended(over) {
      const idle = () => running === 0 && stuck.size === 0;
      while (!idle() && !over()) {
        const changed = await condition(() => idle() || over(), OPERATOR_PATIENCE, patience());
        if (!changed) await Promise.all([...stuck.keys()].map(skip));
      }
    },
  };
}

/** A failure without a code of ours is one that the activity could not report, such as its time running out. */
export function codeOf(error: unknown): FailureCode {
  const type = failureType(error);
  return type && isFailureCode(type) ? type : 'internal';
}

export function failureOf(error: unknown): StepFailure {
  const failures = failureCount(error);
  return { code: codeOf(error), ...(failures === null ? {} : { failures }) };
}
