import { createLog } from '../../../telemetry/log/log.js';
import { logCrashes } from '../../../telemetry/log/logCrashes.js';

/** A process that ends as a fault in api or worker would end it: `exception` or `rejection`. */
logCrashes(createLog('info', 'crashing'));
const fail = () => {
  throw new RangeError('out of range');
};
if (process.argv[2] === 'exception') setTimeout(fail, 1);
else void Promise.resolve().then(fail);
setInterval(() => undefined, 1_000);
