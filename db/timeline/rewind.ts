import { decideRewind, decideUndo, followNothing, type NewestEvent } from '../../domain/timeline/decideRewind.js';
import { lockOwnChat } from '../chats/lockOwnChat.js';
import { newId } from '../core/ids.js';
import { type Db, type Pool, type Tx, transaction } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import { endBeforeRemoval } from '../turns/endBeforeRemoval.js';
import { endTurn } from '../turns/endTurn.js';
import { readFloor, storeStop } from '../turns/floor.js';
import { type TurnRow, turnColumns } from '../turns/turnRow.js';
import { appendEvents } from './log.js';
import { applyMark, type Marking } from './marks/marks.js';
import { inTimeline } from './subjects.js';

export type RewindPreview = { totalEvents: number; byKind: Record<string, number> };

/** How many events a rewind would take out of the timeline, by kind. */
export async function previewRewind(db: Db, chatId: string, toSeq: number): Promise<RewindPreview> {
  const { rows } = await db.query<{ kind: string; count: number }>(
    `select kind, count(*) as count from events
     where chat_id = $1 and seq > $2 and hidden_by is null and superseded_by is null group by kind order by kind`,
    [chatId, toSeq],
  );
  return {
    totalEvents: rows.reduce((sum, row) => sum + row.count, 0),
    byKind: Object.fromEntries(rows.map((row) => [row.kind, row.count])),
  };
}

type Target = { chatId: string; owner: string };

/** The last event that stays, or the line (the seq of a user turn) that is the last one with what belongs to it. */
export type RewindPoint = number | { line: number };

export type Rewound = {
  state: 'rewound';
  /** Of the `chat_rewound` event. */
  seq: number;
  /** How many events left the timeline. */
  hidden: number;
  /** Turns that waited for an operator and are ended: their workflows have nothing left to do. */
  ended: string[];
};

/** The turn that holds the floor is marked to stop; the rewind can be tried again when it has ended. */
export type Interrupted = { state: 'interrupted'; turnId: string };

/**
 * Hides the events after a point and rebuilds the projections from those that are left. Nothing is deleted. With
 * `interrupt` and a turn that holds the floor, that turn is marked to stop and the queue is emptied instead. Throws
 * `ChatRefused`.
 */
export async function rewindChat(
  pool: Pool,
  { chatId, owner, toSeq, interrupt }: Target & { toSeq: RewindPoint; interrupt: boolean },
): Promise<Rewound | Interrupted> {
  return transaction(pool, async (tx) => {
    const [chat, floor] = await Promise.all([lockOwnChat(tx, owner, chatId), readFloor(tx, chatId)]);
    const decision = decideRewind(
      { toSeq: typeof toSeq === 'number' ? toSeq : chat.seq, interrupt },
      { chat, ...floor },
    );
    switch (decision.action) {
      case 'refuse':
        throw new ChatRefused(decision.code, decision.path);
      case 'interrupt':
        await storeStop(tx, decision.turnId, decision.mark);
        await cancelQueue(tx, chatId);
        return { state: 'interrupted', turnId: decision.turnId };
      case 'rewind':
        return typeof toSeq === 'number' ? hideAfter(tx, chatId, toSeq) : hideLinesAfter(tx, chatId, toSeq.line);
    }
  });
}

/**
 * Hides the lines after a line, with what belongs to them. Where a part of what stays is in the log behind them, because
 * they were queued, their turns are rolled back one by one: a rewind would hide that part too.
 */
async function hideLinesAfter(tx: Tx, chatId: string, line: number): Promise<Rewound> {
  const { rows } = await tx.query<{ next: number | null; mixed: boolean }>(
    `with next as (
       select min(seq) as seq from events e
       where e.chat_id = $1 and e.seq > $2 and e.kind in ('user_turn', 'message_added') and e.hidden_by is null
     )
     select next.seq as next, exists (
       select from events e join turns t on t.id = e.turn_id
       where e.chat_id = $1 and e.seq > next.seq and ${inTimeline('e')} and t.user_turn_seq <= $2
     ) as mixed from next`,
    [chatId, line],
  );
  const { next = null, mixed } = rows[0] ?? { mixed: false };
  if (next === null) return { state: 'rewound', seq: line, hidden: 0, ended: [] };
  return mixed ? rollBackAfter(tx, chatId, line) : hideAfter(tx, chatId, next - 1);
}

async function rollBackAfter(tx: Tx, chatId: string, line: number): Promise<Rewound> {
  const { rows: later } = await tx.query<TurnRow>(
    `select ${turnColumns} from turns t
     where t.chat_id = $1 and t.user_turn_seq > $2
       and exists (select from events e where e.chat_id = $1 and e.turn_id = t.id and ${inTimeline('e')})
     order by t.user_turn_seq desc, t.created_at desc`,
    [chatId, line],
  );
  const rewound: Rewound = { state: 'rewound', seq: line, hidden: 0, ended: [] };
  for (const turn of later) {
    if (isWaiting(turn) && (await endBeforeRemoval(tx, turn, 'rewound'))) rewound.ended.push(turn.id);
    // Undone rewinds bring a turn back, which can then be taken back again.
    const cause = { chatId, turnId: turn.id, step: `taken_back:${newId('evt')}` };
    const [mark] = await appendEvents(tx, cause, [{ kind: 'turn_rolled_back', data: { turnId: turn.id } }]);
    await applyMark(tx, chatId, mark as Marking);
    rewound.seq = mark!.seq;
  }
  return rewound;
}

const isWaiting = ({ status }: TurnRow) => status === 'running' || status === 'awaiting_operator';

async function cancelQueue(tx: Tx, chatId: string): Promise<void> {
  const { rows } = await tx.query<TurnRow>(
    `select ${turnColumns} from turns t where t.chat_id = $1 and t.status = 'queued' order by t.rank`,
    [chatId],
  );
  for (const queued of rows) await endTurn(tx, queued, { status: 'cancelled', step: 'finish' });
}

async function hideAfter(tx: Tx, chatId: string, toSeq: number): Promise<Rewound> {
  const ended: string[] = [];
  for (const turn of await readWaiting(tx, chatId, toSeq)) {
    if (await endBeforeRemoval(tx, turn, 'rewound')) ended.push(turn.id);
  }
  const { totalEvents } = await previewRewind(tx, chatId, toSeq);
  const seq = await appendMark(tx, chatId, 'rewind', { kind: 'chat_rewound', data: { toSeq } });
  return { state: 'rewound', seq, hidden: totalEvents, ended };
}

/** Turns that have not ended and have events after the point. Such a turn would go on appending behind the rewind. */
async function readWaiting(tx: Tx, chatId: string, toSeq: number): Promise<TurnRow[]> {
  const { rows } = await tx.query<TurnRow>(
    `select ${turnColumns} from turns t
     where t.chat_id = $1 and t.status in ('running', 'awaiting_operator')
       and t.id in (select turn_id from events where chat_id = $1 and seq > $2 and hidden_by is null)
     order by t.id`,
    [chatId, toSeq],
  );
  return rows;
}

/** Undoes the rewind that nothing in the timeline followed. Throws `ChatRefused`. */
export async function undoRewind(pool: Pool, { chatId, owner }: Target): Promise<{ seq: number; restored: number }> {
  return transaction(pool, async (tx) => {
    const [chat, floor, newest] = await Promise.all([
      lockOwnChat(tx, owner, chatId),
      readFloor(tx, chatId),
      readNewest(tx, chatId),
    ]);
    const decision = decideUndo({ chat, newest, ...floor });
    switch (decision.action) {
      case 'refuse':
        throw new ChatRefused(decision.code, decision.path);
      case 'undo':
        return restoreBefore(tx, chatId, decision);
    }
  });
}

/** Reads backwards over the events of versions that were replaced since the rewind. */
async function readNewest(tx: Tx, chatId: string): Promise<NewestEvent | null> {
  const { rows } = await tx.query<NewestEvent>(
    `select seq, kind, (data->>'toSeq')::integer as "toSeq" from events
     where chat_id = $1 and kind <> all($2::text[]) and hidden_by is null and superseded_by is null
     order by seq desc limit 1`,
    [chatId, followNothing],
  );
  return rows[0] ?? null;
}

async function restoreBefore(tx: Tx, chatId: string, { rewindSeq, toSeq }: { rewindSeq: number; toSeq: number }) {
  const seq = await appendMark(tx, chatId, 'undo', { kind: 'rewind_undone', data: { rewindSeq } });
  const { rows } = await tx.query<{ count: number }>(
    `select count(*) as count from events
     where chat_id = $1 and seq > $2 and seq < $3 and hidden_by is null and superseded_by is null`,
    [chatId, toSeq, rewindSeq],
  );
  return { seq, restored: rows[0]!.count };
}

type RewindMark =
  | { kind: 'chat_rewound'; data: { toSeq: number } }
  | { kind: 'rewind_undone'; data: { rewindSeq: number } };

/** A chat is rewound any number of times: the mark's own seq makes their keys distinct. */
async function appendMark(tx: Tx, chatId: string, step: string, mark: RewindMark): Promise<number> {
  const { rows } = await tx.query<{ seq: number }>('select seq + 1 as seq from chats where id = $1', [chatId]);
  const seq = rows[0]!.seq;
  const [appended] = await appendEvents(tx, { chatId, turnId: null, step: `${step}:${seq}` }, [mark]);
  await applyMark(tx, chatId, appended as Marking);
  return seq;
}
