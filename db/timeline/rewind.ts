import { mustHaveRoom } from '../chats/chatLimits.js';
import { holdOwnChat, mustBeFree } from '../chats/freeFloor.js';
import { type Db, type Pool, type Tx, transaction } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import { endTurn } from '../turns/endTurn.js';
import { endBeforeLeaving } from '../turns/leave.js';
import { setStop } from '../turns/stop.js';
import { type TurnRow, turnColumns } from '../turns/turnRow.js';
import { appendEvents, type ChatLock } from './log.js';
import { applyMarks } from './marks.js';

export type RewindPreview = { totalEvents: number; byKind: Record<string, number> };

/** What a rewind would take out of the timeline, by kind. */
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

export type Rewound = {
  state: 'rewound';
  /** Of the `chat_rewound` event. */
  seq: number;
  /** How many events left the timeline. */
  hidden: number;
  /** Turns that waited for an operator and left: their workflows have nothing left to do. */
  ended: string[];
};

/** The turn that holds the floor is marked to stop; the rewind can be tried again when it has let go. */
export type Interrupted = { state: 'interrupted'; turnId: string };

/**
 * Hides what came after a point, and folds the projections anew from what is left. Nothing is deleted. With
 * `interrupt` a turn that holds the floor is marked and the queue is emptied instead. Throws `ChatRefused`.
 */
export async function rewindChat(
  pool: Pool,
  { chatId, owner, toSeq, interrupt }: Target & { toSeq: number; interrupt: boolean },
): Promise<Rewound | Interrupted> {
  return transaction(pool, async (tx) => {
    const chat = await holdOwnChat(tx, owner, chatId);
    mustHaveRoom(chat);
    if (toSeq < 1 || toSeq > chat.seq) throw new ChatRefused('no_such_seq', 'toSeq');
    if (interrupt && chat.activeTurnId) return interruptFloor(tx, chat, chat.activeTurnId);
    await mustBeFree(tx, chat);
    const ended: string[] = [];
    for (const turn of await readWaiting(tx, chatId, toSeq)) {
      if (await endBeforeLeaving(tx, turn, 'rewound')) ended.push(turn.id);
    }
    const { totalEvents } = await previewRewind(tx, chatId, toSeq);
    const seq = await appendMark(tx, chatId, 'rewind', { kind: 'chat_rewound', data: { toSeq } });
    return { state: 'rewound', seq, hidden: totalEvents, ended };
  });
}

async function interruptFloor(tx: Tx, chat: ChatLock, turnId: string): Promise<Interrupted> {
  await setStop(tx, turnId, 'interrupt');
  const { rows } = await tx.query<TurnRow>(
    `select ${turnColumns} from turns t where t.chat_id = $1 and t.status = 'queued' order by t.rank`,
    [chat.id],
  );
  for (const queued of rows) await endTurn(tx, queued, { status: 'cancelled', step: 'finish' });
  return { state: 'interrupted', turnId };
}

/** Turns that have not ended and of which something is after the point: cut there, they would go on adding to it. */
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

/**
 * Undoes the rewind that is the log's newest event; that another chat took a strategy since is not this chat's
 * doing. Throws `ChatRefused`.
 */
export async function undoRewind(pool: Pool, { chatId, owner }: Target): Promise<{ seq: number; restored: number }> {
  return transaction(pool, async (tx) => {
    const chat = await holdOwnChat(tx, owner, chatId);
    mustHaveRoom(chat);
    await mustBeFree(tx, chat);
    const { rows } = await tx.query<{ seq: number; kind: string; toSeq: number }>(
      `select seq, kind, (data->>'toSeq')::integer as "toSeq" from events
       where chat_id = $1 and kind <> 'strategy_unlinked' order by seq desc limit 1`,
      [chatId],
    );
    const newest = rows[0];
    if (newest?.kind !== 'chat_rewound') throw new ChatRefused('rewind_not_last');
    const mark = { kind: 'rewind_undone', data: { rewindSeq: newest.seq } } as const;
    const seq = await appendMark(tx, chatId, 'undo', mark);
    const restored = await tx.query<{ count: number }>(
      `select count(*) as count from events
       where chat_id = $1 and seq > $2 and seq < $3 and hidden_by is null and superseded_by is null`,
      [chatId, newest.toSeq, newest.seq],
    );
    return { seq, restored: restored.rows[0]!.count };
  });
}

type RewindMark =
  | { kind: 'chat_rewound'; data: { toSeq: number } }
  | { kind: 'rewind_undone'; data: { rewindSeq: number } };

/** A chat is rewound any number of times: the mark's own seq tells their keys apart. */
async function appendMark(tx: Tx, chatId: string, step: string, mark: RewindMark): Promise<number> {
  const { rows } = await tx.query<{ seq: number }>('select seq + 1 as seq from chats where id = $1', [chatId]);
  const seq = rows[0]!.seq;
  await appendEvents(tx, { chatId, turnId: null, step: `${step}:${seq}` }, [mark]);
  await applyMarks(tx, chatId);
  return seq;
}
