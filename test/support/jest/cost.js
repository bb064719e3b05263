import { appendFileSync, readFileSync } from 'node:fs';

/**
 * With `TEST_COSTS=FILE`, adds a line of JSON for each test file: seconds of time, of this process on the processor, and
 * of the processes that it started, as far as they have ended. Linux only.
 */
export function beginCost() {
  const { TEST_COSTS: to } = process.env;
  if (!to) return () => undefined;
  const before = read();
  return (file) => {
    const after = read();
    const spent = Object.keys(after).map((name) => [name, Number((after[name] - before[name]).toFixed(2))]);
    appendFileSync(to, `${JSON.stringify({ file, ...Object.fromEntries(spent) })}\n`);
  };
}

const ticksPerSecond = 100;

function read() {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  // After the command: user and system time, and those of children.
  const [user, system, childUser, childSystem] = stat.slice(stat.lastIndexOf(')')).split(' ').slice(12, 16).map(Number);
  return {
    time: Date.now() / 1_000,
    own: (user + system) / ticksPerSecond,
    children: (childUser + childSystem) / ticksPerSecond,
  };
}
