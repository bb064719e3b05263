import { quantile } from '../../../bench/stats.js';
import type { Calls } from '../checks/calls.js';
import type { Check } from '../checks/check.js';
import type { Settled } from '../checks/settle.js';
import type { SlowTurn } from '../checks/slowTurns.js';
import type { Figures } from '../faults/fault.js';
import type { Tally } from '../faults/lanes.js';
import type { Recovery } from '../traffic/recovery.js';

export type Report = {
  title: string;
  seconds: number;
  turns: Record<string, number>;
  checks: Check[];
  faults: Record<string, { tried: number; fired: number }>;
  kills: number;
  processFaults: number;
  calls: Calls;
  restartsSeen: number;
  connections: number;
  settled: Omit<Settled, 'hung'>;
  times: Record<string, Quantiles>;
  streams: { inFlight: number; uninterrupted: number };
  slowTurns: SlowTurn[];
};

type Quantiles = { of: number; p50: number; p99: number; most: number };

export const isSound = ({ checks }: Report): boolean => checks.every(({ breaches }) => breaches.length === 0);

const quantiles = (values: number[]): Quantiles => ({
  of: values.length,
  p50: quantile(values, 0.5),
  p99: quantile(values, 0.99),
  most: values.reduce((most, value) => Math.max(most, value), 0),
});

/** The names of the faults that end a process. */
const endings = /^(kill|term|shut down) /;

export function timesOf(recovery: Recovery, figures: Figures): Report['times'] {
  const byFault = [...recovery.times()];
  const all = (suits: (fault: string) => boolean) => byFault.flatMap(([fault, ms]) => (suits(fault) ? ms : []));
  return {
    'from any fault to the next token': quantiles(all(() => true)),
    'from a kill of any process to the next token': quantiles(all((fault) => fault.startsWith('kill '))),
    'from a kill of the worker to the next token': quantiles(all((fault) => fault === 'kill worker')),
    'from a cancel to the provider’s socket closed': quantiles(figures.cancelToClosed),
  };
}

export function countFaults(tally: Tally) {
  const faults = Object.fromEntries(tally);
  const fired = (suits: (name: string) => boolean) =>
    [...tally].filter(([name]) => suits(name)).reduce((sum, [, count]) => sum + count.fired, 0);
  return {
    faults,
    kills: fired((name) => name.startsWith('kill ')),
    processFaults: fired((name) => endings.test(name)),
  };
}

/** The report as text. */
export function render(report: Report): string {
  const { turns, calls, streams, settled } = report;
  return [
    '',
    report.title,
    '',
    `turns        ${Object.entries(turns)
      .map(([what, n]) => `${n} ${what}`)
      .join(', ')}`,
    `faults       ${
      Object.entries(report.faults)
        .filter(([, { tried }]) => tried > 0)
        .map(([name, { tried, fired }]) => `${name} ${fired}/${tried}`)
        .join(', ') || 'none'
    }`,
    `processes    ${report.kills} killed, ${report.processFaults} ended in all`,
    `streams      ${streams.inFlight} in flight at a fault, ${streams.uninterrupted} of them without a gap`,
    `provider     ${calls.all} requests; asked again: ${calls.repliesAgain} replies, ${calls.classifiersAgain} classifiers (${calls.extraPerThousandTurns} per 1,000 turns), ${calls.afterFaults} after its own failures`,
    `viewers      ${report.connections} connections, ${report.restartsSeen} restarts seen`,
    `at the end   ${settled.tookMs} ms until the last turn had ended, ${settled.retriedSteps} stuck steps retried, ${settled.chats.tookAnother} of ${settled.chats.all} chats took another turn`,
    '',
    ...Object.entries(report.times).map(
      ([what, { of, p50, p99, most }]) =>
        `${what}: ${of ? `p50 ${p50} ms, p99 ${p99} ms, most ${most} ms, of ${of}` : 'none'}`,
    ),
    '',
    'the slowest turns, with their longest waits between two events of the history:',
    ...report.slowTurns.map(renderSlowTurn),
    '',
    ...report.checks.map(renderCheck),
    '',
    isSound(report) ? 'No breach.' : 'BREACHES.',
  ].join('\n');
}

const renderSlowTurn = ({ workflowId, ms, waits }: SlowTurn): string =>
  [
    `  ${seconds(ms)} ${workflowId}`,
    ...waits.map((wait) => `    ${seconds(wait.ms)} from ${wait.from} to ${wait.to}`),
  ].join('\n');

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

function renderCheck({ name, of, breaches }: Check): string {
  const shown = breaches.slice(0, 5).map(({ where, what }) => `       ${where}: ${what[0]?.slice(0, 300)}`);
  return [`${breaches.length === 0 ? 'ok    ' : 'BREACH'} ${breaches.length} of ${of} ${name}`, ...shown].join('\n');
}
