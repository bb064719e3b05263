import type { Floor } from '../../domain/turns/floor.js';
import type { StopMark } from '../../domain/turns/turn.js';
import type { StartTurn } from '../../domain/turns/workflowStart.js';
import { notifyTurnStatus } from '../core/notify.js';
import type { Tx } from '../core/pool.js';
import { readTurnRow, type TurnRow, toStart, turnColumns } from './turnRow.js';

/** `speaker` is the name of the chat's host, for the summary that operators see of a turn's workflow. */
export type FloorRow = Floor & { speaker: string | null };

/** Reads the state of a chat's floor and queue. The caller holds the chat's lock. */
export async function readFloor(tx: Tx, chatId: string): Promise<FloorRow> {
  const { rows } = await tx.query<FloorRow>(
    `select c.name as speaker, holder.stop as "holderStop",
       (select count(*) from turns where chat_id = $1 and status = 'queued') as queued
     from chats ch left join characters c on c.id = ch.host_id left join turns holder on holder.id = ch.active_turn_id
     where ch.id = $1`,
    [chatId],
  );
  return rows[0] ?? noFloor;
}

const noFloor: FloorRow = { speaker: null, holderStop: null, queued: 0 };

/** Stores the stop mark of a turn. */
export async function storeStop(tx: Tx, turnId: string, mark: StopMark): Promise<void> {
  await tx.query('update turns set stop = $2 where id = $1', [turnId, mark]);
}

const speakerOf = (chatId: string) =>
  `(select c.name from chats ch join characters c on c.id = ch.host_id where ch.id = ${chatId})`;

/**
 * Gives the floor of a chat to the queued turn with the lowest rank, or to no turn if none waits. Returns what starting
 * its workflow needs; it is started in the namespace of the turn `from`. The caller holds the chat's lock.
 */
export async function passFloor(tx: Tx, from: Pick<TurnRow, 'chatId' | 'namespaceId'>): Promise<StartTurn | null> {
  const { rows } = await tx.query<TurnRow & { speaker: string | null }>(
    `with head as (
       select id from turns where chat_id = $1 and status = 'queued' order by rank limit 1
     ), t as (
       update turns set status = 'running', started_at = now(), namespace_id = $2 where id in (select id from head) returning *
     ), floor as (
       update chats set active_turn_id = (select id from head) where id = $1
     )
     select ${turnColumns}, ${speakerOf('$1')} as speaker from t`,
    [from.chatId, from.namespaceId],
  );
  if (!rows[0]) return null;
  notifyTurnStatus(tx, from.chatId, rows[0].id);
  return toStart(rows[0], rows[0].speaker);
}

/** What starting the workflow of a turn needs. Null when its workflow has opened the turn already. */
export async function readUnopened(tx: Tx, turnId: string): Promise<StartTurn | null> {
  const turn = await readTurnRow(tx, turnId);
  if (!turn || turn.openedAt !== null) return null;
  const { rows } = await tx.query<{ speaker: string | null }>(`select ${speakerOf('$1')} as speaker`, [turn.chatId]);
  return toStart(turn, rows[0]?.speaker ?? null);
}
