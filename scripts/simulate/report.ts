import type { Capacities, Figures } from './figures.js';
import { ceilings, type Load, type Sizes } from './model.js';
import { waitAt } from './queue.js';

/** The text of a simulation: the processes, then every shared resource with its ceiling, the first one first. */
export function report(load: Load, { workers, apis }: Sizes, figures: Figures, machine: Capacities): string {
  const { streams, tokensPerSecond, tokensPerReply, viewersPerStream } = load;
  const found = ceilings(load, figures, machine);
  const rows = found.map(({ name, used, capacity, unit, streams: most }) =>
    columns([
      name,
      `${short(used)} of ${short(capacity)} ${unit}`,
      `${((used / capacity) * 100).toFixed(0)}%`,
      short(most),
    ]),
  );
  const [first] = found;
  return [
    `${short(streams)} streams of ${tokensPerSecond} tokens a second, ${tokensPerReply} tokens a reply, ${viewersPerStream} viewers each`,
    `${short(streams * tokensPerSecond)} tokens and ${short((streams * tokensPerSecond) / tokensPerReply)} turns a second`,
    `${short(workers)} workers, ${Number.isFinite(apis) ? short(apis) : 'no number of'} apis, each with a core of its own`,
    '',
    columns(['resource', 'used', 'share', 'streams at most']),
    ...rows,
    '',
    `The first ceiling: ${first!.name}, at ${short(first!.streams)} streams. What lifts it: ${first!.lift}.`,
    `Waits there at 50%, ${machine.usable * 100}% and 95% of it, p99 in service times: ${[0.5, machine.usable, 0.95]
      .map((utilisation) => waitAt(0.99, 1, 1, utilisation).toFixed(1))
      .join(', ')}.`,
  ].join('\n');
}

const widths = [32, 44, 9, 16] as const;
const columns = (cells: string[]): string =>
  cells.map((cell, n) => (n === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[n] ?? 0))).join('');

/** Three digits and a unit. */
function short(value: number): string {
  const units = ['', ' k', ' M', ' G'];
  let at = 0;
  let left = value;
  for (; left >= 1_000 && at < units.length - 1; at++) left /= 1_000;
  return `${left >= 100 || Number.isInteger(left) ? left.toFixed(0) : left.toPrecision(3)}${units[at]}`;
}
