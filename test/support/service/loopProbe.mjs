// Loaded into the api's process by `startApiProcess`: says, when its parent asks, for how long the event loop was held
// at most since it last did. `delayMs` is by the clock; `cpuMs` by the processor time of the main thread, which does not
// count the time in which the machine ran something else.
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const resolutionMs = 5;
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
process.channel.unref();
