import type { TurnStatusReport } from '../domain/engine.js';
import type { StepView } from '../domain/frames.js';
import type { StepStatus, TurnPhase, TurnStatus } from '../domain/turn.js';

/** What a turn knows of its own steps, for the query and for the details that operators read. */
export type Progress = {
  enter(phase: TurnPhase, status?: TurnStatus): void;
  set(step: string, status: StepStatus, code?: string | null): void;
  warn(warning: string): void;
  find(step: string): StepView | undefined;
  warnings(): string[];
  report(): TurnStatusReport;
  /** Markdown for the Temporal UI. */
  details(): string;
};

export function createProgress(onChange: (progress: Progress) => void): Progress {
  const steps = new Map<string, StepView>();
  const warnings: string[] = [];
  let phase: TurnPhase = 'waiting';
  let status: TurnStatus = 'running';
  const progress: Progress = {
    enter(next, as) {
      phase = next;
      status = as ?? status;
      onChange(progress);
    },
    set(name, next, code) {
      const attempts = (steps.get(name)?.attempts ?? 0) + (next === 'running' ? 1 : 0);
      steps.set(name, { name, status: next, attempts, ...(code ? { error: { code, message: code } } : {}) });
      onChange(progress);
    },
    warn(warning) {
      warnings.push(warning);
      onChange(progress);
    },
    find: (name) => steps.get(name),
    warnings: () => [...warnings],
    report: () => ({ status, phase, steps: [...steps.values()] }),
    details: () =>
      [
        `**${status}**, ${phase}`,
        '',
        '| step | status | rounds | last error |',
        '| --- | --- | --- | --- |',
        ...[...steps.values()].map(row),
        ...(warnings.length > 0 ? ['', `Warnings: ${warnings.join(', ')}`] : []),
      ].join('\n'),
  };
  return progress;
}

const row = (step: StepView) =>
  `| ${step.name.replaceAll('|', '\\|')} | ${step.status} | ${step.attempts} | ${step.error?.code ?? ''} |`;
