import { onCommitted } from '../../../db/core/committed.js';
import { createPool } from '../../../db/core/pool.js';
import { finishTurn } from '../../../db/turns/finish.js';

/** `URL TURN`: ends the turn and is killed after the commit, before the notification of it is sent. */
const [url = '', turnId = ''] = process.argv.slice(2);
const pool = createPool(url, { max: 1 });
onCommitted(pool, () => process.kill(process.pid, 'SIGKILL'));
await finishTurn(pool, turnId, { status: 'completed', warnings: [] });
