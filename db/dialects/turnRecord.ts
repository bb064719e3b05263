import type { Db } from '../core/pool.js';
import { keepResponse, type NewResponse } from './responses.js';
import { keepTurnNames, type Named } from './turnNames.js';

/** What the clients of a dialect know a turn by. It is stored in the transaction that accepts the turn. */
export type TurnRecord = {
  names?: readonly Pick<Named, 'kind' | 'clientId'>[] | undefined;
  response?: Pick<NewResponse<unknown>, 'fields' | 'input' | 'deletesChat' | 'createdAt'> | undefined;
};

type Recorded = { owner: string; chatId: string; turnId: string };

/** Stores the record of a turn. A repeated request changes nothing but the names, which stand for the same turn again. */
export async function keepTurnRecord(
  db: Db,
  { owner, chatId, turnId }: Recorded,
  { names = [], response }: TurnRecord = {},
): Promise<void> {
  await Promise.all([
    names.length > 0 ? keepTurnNames(db, { chatId, turnId }, names) : undefined,
    response ? keepResponse(db, owner, { ...response, chatId, turnId }) : undefined,
  ]);
}
