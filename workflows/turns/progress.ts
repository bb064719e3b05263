import type { StepView } from '../../domain/log/frames.js';
import type { TurnStatusReport } from '../../domain/turns/engine.js';
import type { StepStatus, TurnPhase, TurnStatus } from '../../domain/turns/turn.js';
import { type BeatView, type PendingApproval, toMarkdown } from './details.js';

/** The state of a turn's steps, for the query and for the details in the Temporal UI. */
export type Progress = {
  enter(phase: TurnPhase, status?: TurnStatus): void;
  /** `failures`: the number of failures before the step got stuck, where it is known. */
  set(step: string, status: StepStatus, code?: string | null, failures?: number): void;
  /** The speaker and the state of a beat. */
  setBeat(beat: BeatView): void;
  /** A tool call starts or stops waiting for approval. */
  approvalRequested(call: PendingApproval): void;
  approvalResolved(callId: string): void;
  warn(warning: string): void;
  find(step: string): StepView | undefined;
  pendingApprovals(): string[];
  warnings(): string[];
  report(): TurnStatusReport;
  /** Markdown for the Temporal UI. */
  details(): string;
};

export function createProgress(onChange: (progress: Progress) => void): Progress {
  const steps = new Map<string, StepView>();
  const beats = new Map<number, BeatView>();
  const asked = new Map<string, PendingApproval>();
  const warnings: string[] = [];
  let phase: TurnPhase = 'waiting';
  let status: TurnStatus = 'running';
  const changed =
    <A extends unknown[]>(change: (...args: A) => void) =>
    (...args: A) => {
      change(...args);
      onChange(progress);
    };
  const progress: Progress = {
    enter: changed((next, as) => {
      phase = next;
      status = as ?? status;
    }),
    set: changed((name, next, code, failures = 1) => {
      const was = steps.get(name);
      // The first failure of a round was counted when the round began.
      const more = next === 'running' ? 1 : was?.status === 'running' ? failures - 1 : 0;
      const attempts = (was?.attempts ?? 0) + more;
      steps.set(name, { name, status: next, attempts, ...(code ? { error: { code, message: code } } : {}) });
    }),
    setBeat: changed((beat) => void beats.set(beat.beat, beat)),
    approvalRequested: changed((call) => void asked.set(call.callId, call)),
    approvalResolved: changed((callId) => void asked.delete(callId)),
    warn: changed((warning) => void warnings.push(warning)),
    find: (name) => steps.get(name),
    pendingApprovals: () => [...asked.keys()],
    warnings: () => [...warnings],
    report: () => ({ status, phase, steps: [...steps.values()] }),
    details: () =>
      toMarkdown({ ...progress.report(), beats: [...beats.values()], asked: [...asked.values()], warnings }),
  };
  return progress;
}
