import { activityInfo } from '@temporalio/activity';
import type { Pool } from '../../db/core/pool.js';
import { type OpenedTurn, openTurn } from '../../db/turns/openTurn.js';

/** `apart`: replies, tools and sub-agents run on separate workers with their own task queue. */
export type Streams = { streams?: 'apart' };

type OpenTurnDeps = {
  pool: Pool;
  streamsApart: boolean;
  titlesChats: boolean;
  workflows: { knownNamespace(): string | null };
};

/**
 * The first step of a turn: records that its workflow runs, and reads what its steps depend on. Only the worker knows
 * where streams run. That is part of the result, so that a replay on another worker decides the same.
 */
export function createOpenTurn({ pool, streamsApart, titlesChats, workflows }: OpenTurnDeps) {
  return async (input: { turnId: string }): Promise<OpenedTurn & Streams> => {
    const opened = await openTurn(pool, input.turnId, {
      runId: activityInfo().workflowExecution?.runId ?? '',
      namespaceId: workflows.knownNamespace(),
      titlesChats,
    });
    return streamsApart ? { ...opened, streams: 'apart' } : opened;
  };
}
