import type { Db } from '../../db/core/pool.js';
import { StartedElsewhere, startInNamespace } from '../../db/turns/startInNamespace.js';
import type { StartTurn } from '../../domain/turns/workflowStart.js';
import type { ConnectedNamespace } from '../../engine/namespace.js';
import type { TurnEngine } from '../../engine/turnEngine.js';
import { backoffMs } from '../../lib/backoff.js';
import type { Log } from '../../telemetry/log/log.js';

export type TurnStarter = {
  /** Starts the turn's workflow. When Temporal can not be reached, retries in the background. Never throws. */
  start(turn: StartTurn): Promise<'started' | 'later'>;
  /** How many turns wait for Temporal. */
  waiting(): number;
  close(): void;
};

const startDeadlineMs = 1_500;
const firstDelayMs = 250;
const longestDelayMs = 10_000;
/** After this time the api gives up; the reconciler starts the turn. */
const giveUpAfterMs = 5 * 60_000;
const mostWaiting = 1_000;

type Attempt = 'started' | 'failed' | 'elsewhere';

export function createTurnStarter(deps: {
  db: Db;
  engine: Pick<TurnEngine, 'start'>;
  namespace: Pick<ConnectedNamespace, 'read'>;
  log: Log;
  onFailed?: () => void;
}): TurnStarter {
  const waiting = new Map<string, NodeJS.Timeout>();

  const workflows = {
    namespace: deps.namespace.read,
    start: (turn: StartTurn) => deps.engine.start(turn, { deadlineMs: startDeadlineMs }),
  };

  const attempt = async (turn: StartTurn): Promise<Attempt> => {
    try {
      await startInNamespace({ db: deps.db, workflows }, turn);
      return 'started';
    } catch (error) {
      deps.onFailed?.();
      deps.log.warn({ err: error, turnId: turn.turnId }, 'the workflow of an accepted turn could not be started');
      return error instanceof StartedElsewhere ? 'elsewhere' : 'failed';
    }
  };

  const retry = (turn: StartTurn, tries: number, until: number) => {
    const timer = setTimeout(
      async () => {
        if ((await attempt(turn)) !== 'failed') waiting.delete(turn.turnId);
        else if (!waiting.has(turn.turnId)) return;
        else if (Date.now() < until) retry(turn, tries + 1, until);
        else waiting.delete(turn.turnId);
      },
      backoffMs(tries, firstDelayMs, longestDelayMs),
    );
    timer.unref();
    waiting.set(turn.turnId, timer);
  };

  return {
    async start(turn) {
      const outcome = await attempt(turn);
      if (outcome === 'started') return 'started';
      // In the other namespace the turn may already run: the reconciler decides about it.
      if (outcome === 'failed' && waiting.size < mostWaiting) retry(turn, 0, Date.now() + giveUpAfterMs);
      return 'later';
    },
    waiting: () => waiting.size,
    close() {
      for (const timer of waiting.values()) clearTimeout(timer);
      waiting.clear();
    },
  };
}
