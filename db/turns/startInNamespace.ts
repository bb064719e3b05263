import type { Namespace } from '../../domain/turns/reconcile.js';
import type { Db } from '../core/pool.js';
import type { StartTurn } from './turnRow.js';

/** The turn was started in another Temporal namespace, where it may run: starting it here would run it twice. */
export class StartedElsewhere extends Error {
  override readonly name = 'StartedElsewhere';
  readonly code = 'other_namespace';
  constructor(readonly turnId: string) {
    super('the turn was started in another Temporal namespace than the connected one');
  }
}

export type Starter = { namespace(): Promise<Namespace>; start(turn: StartTurn): Promise<unknown> };

/**
 * Starts the turn's workflow in the connected namespace. The namespace is stored in the turn's row before the start: it
 * tells a turn without a workflow from one whose workflow is in another namespace. Throws `StartedElsewhere`.
 */
export async function startInNamespace(deps: { db: Db; workflows: Starter }, turn: StartTurn): Promise<void> {
  const { id } = await deps.workflows.namespace();
  if (turn.namespaceId !== id && (await bindTurn(deps.db, turn.turnId, id)) !== id)
    throw new StartedElsewhere(turn.turnId);
  await deps.workflows.start(turn);
}

/** Binds a turn that is bound to no namespace yet. Returns the namespace that it is bound to. */
async function bindTurn(db: Db, turnId: string, namespaceId: string): Promise<string | null> {
  const { rows } = await db.query<{ namespaceId: string }>(
    `update turns set namespace_id = coalesce(namespace_id, $2) where id = $1 returning namespace_id as "namespaceId"`,
    [turnId, namespaceId],
  );
  return rows[0]?.namespaceId ?? null;
}

/** Binds a turn to the namespace in which its workflow was found, or that an operator named. */
export async function rebindTurn(db: Db, turnId: string, namespaceId: string): Promise<void> {
  await db.query('update turns set namespace_id = $2 where id = $1', [turnId, namespaceId]);
}
