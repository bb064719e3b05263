import type { StepView } from '../../domain/log/frames.js';
import type { TurnStatusReport } from '../../domain/turns/engine.js';
import type { StepStatus, TurnPhase, TurnStatus } from '../../domain/turns/turn.js';
import { type AskedView, type BeatView, toMarkdown } from './details.js';

/** What a turn knows of its own steps, for the query and for the details that operators read. */
export type Progress = {
  enter(phase: TurnPhase, status?: TurnStatus): void;
  /** `failures`: how often it failed before it got stuck, where that is known. */
  set(step: string, status: StepStatus, code?: string | null, failures?: number): void;
  /** Who says a beat, and what became of it. */
  setBeat(beat: BeatView): void;
  /** A call of a tool waits for a person, or no more. */
  asks(call: AskedView): void;
  asksNoMore(callId: string): void;
  warn(warning: string): void;
  find(step: string): StepView | undefined;
  asked(): string[];
  warnings(): string[];
  report(): TurnStatusReport;
  /** Markdown for the Temporal UI. */
  details(): string;
};

export function createProgress(onChange: (progress: Progress) => void): Progress {
  const steps = new Map<string, StepView>();
  const beats = new Map<number, BeatView>();
  const asked = new Map<string, AskedView>();
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
      // The first of a round's failures was counted when the round began, and a round's end is told once.
      const more = next === 'running' ? 1 : was?.status === 'running' ? failures - 1 : 0;
      const attempts = (was?.attempts ?? 0) + more;
      steps.set(name, { name, status: next, attempts, ...(code ? { error: { code, message: code } } : {}) });
    }),
    setBeat: changed((beat) => void beats.set(beat.beat, beat)),
    asks: changed((call) => void asked.set(call.callId, call)),
    asksNoMore: changed((callId) => void asked.delete(callId)),
    warn: changed((warning) => void warnings.push(warning)),
    find: (name) => steps.get(name),
    asked: () => [...asked.keys()],
    warnings: () => [...warnings],
    report: () => ({ status, phase, steps: [...steps.values()] }),
    details: () =>
      toMarkdown({ ...progress.report(), beats: [...beats.values()], asked: [...asked.values()], warnings }),
  };
  return progress;
}
