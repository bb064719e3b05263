// Loaded into a process by `startProbedProcess`: says, when its parent asks, for how long the event loop was held at
// most since it last did. `delayMs` is by the clock; `cpuMs` by the processor time of the main thread, which does not
// count the time in which the machine ran something else. Worker threads load this too, and have no parent to answer.
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

const resolutionMs = 5;
if (isMainThread && process.channel) answerParent();

function answerParent() {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();

  const usedMs = () => Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  let last = usedMs();
  let most = 0;
  const look = () => {
    const now = usedMs();
    most = Math.max(most, now - last);
    last = now;
  };
  setInterval(look, resolutionMs).unref();

  process.on('message', () => {
    look();
    process.send({ delayMs: delays.max / 1e6, cpuMs: most });
    delays.reset();
    most = 0;
  });
  process.once('disconnect', () => process.exit(1)); // the parent was killed
  process.channel.unref();
}
