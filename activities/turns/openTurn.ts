import { activityInfo } from '@temporalio/activity';
import type { Pool } from '../../db/core/pool.js';
import { type OpenedTurn, openTurn } from '../../db/turns/openTurn.js';

/** `apart`: replies, tools and sub-agents have workers of their own, on their own task queue. */
export type Streams = { streams?: 'apart' };

type OpenTurnDeps = { pool: Pool; streamsApart: boolean; workflows: { knownNamespace(): string | null } };

/**
 * A turn's first step: marks that its workflow runs, and reads what its steps depend on. Where streams run is known
 * to the worker alone, and part of the result, so that a replay elsewhere decides the same.
 */
export function createOpenTurn({ pool, streamsApart, workflows }: OpenTurnDeps) {
  return async (input: { turnId: string }): Promise<OpenedTurn & Streams> => {
    const opened = await openTurn(pool, input.turnId, {
      runId: activityInfo().workflowExecution?.runId ?? '',
      namespaceId: workflows.knownNamespace(),
    });
    return streamsApart ? { ...opened, streams: 'apart' } : opened;
  };
}
