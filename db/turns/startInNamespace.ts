import type { Namespace } from '../../domain/turns/reconcile.js';
import type { StartTurn } from '../../domain/turns/workflowStart.js';
import type { Db } from '../core/pool.js';

/** The turn was started in another Temporal namespace. Its workflow may run there, and must not run twice. */
export class StartedElsewhere extends Error {
  override readonly name = 'StartedElsewhere';
  readonly code = 'other_namespace';
  constructor(readonly turnId: string) {
    super('the turn was started in another Temporal namespace than the connected one');
  }
}

/** A port to Temporal: the connected namespace, and the start of a turn's workflow. */
export type Starter = { namespace(): Promise<Namespace>; start(turn: StartTurn): Promise<unknown> };

/**
 * Starts the turn's workflow in the connected namespace. Stores the namespace in the turn's row before the start, so
 * that a turn without a workflow can be distinguished from one whose workflow is in another namespace. Throws
 * `StartedElsewhere`, and the errors of the start.
 */
export async function startInNamespace(deps: { db: Db; workflows: Starter }, turn: StartTurn): Promise<void> {
  const { id } = await deps.workflows.namespace();
  if (turn.namespaceId !== id && (await bindTurn(deps.db, turn.turnId, id)) !== id)
    throw new StartedElsewhere(turn.turnId);
  await deps.workflows.start(turn);
}

/** Binds a turn to a namespace, unless it has one. Returns the namespace of the turn. */
async function bindTurn(db: Db, turnId: string, namespaceId: string): Promise<string | null> {
  const { rows } = await db.query<{ namespaceId: string }>(
    `update turns set namespace_id = coalesce(namespace_id, $2) where id = $1 returning namespace_id as "namespaceId"`,
    [turnId, namespaceId],
  );
  return rows[0]?.namespaceId ?? null;
}

/** Binds a turn to another namespace: the one in which its workflow was found, or that an operator confirmed. */
export async function rebindTurn(db: Db, turnId: string, namespaceId: string): Promise<void> {
  await db.query('update turns set namespace_id = $2 where id = $1', [turnId, namespaceId]);
}
