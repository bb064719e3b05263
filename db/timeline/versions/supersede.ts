import type { Attachment } from '../../../domain/attachments/attachment.js';
import type { EventData, NewEvent } from '../../../domain/log/events.js';
import type { Tx } from '../../core/pool.js';
import { endBeforeRemoval } from '../../turns/endBeforeRemoval.js';
import type { TurnRow } from '../../turns/turnRow.js';
import { readTurnRow } from '../../turns/turnRow.js';
import { appendEvents } from '../log.js';
import { applyMark, type Marking } from '../marks/marks.js';

/**
 * Appends that a turn's reply supersedes the version that it regenerates, right before that reply is appended and in the
 * same transaction: the old beats leave the timeline when the new one lands.
 */
export async function supersede(tx: Tx, turn: TurnRow): Promise<void> {
  const replaced = turn.regenerates && (await readTurnRow(tx, turn.regenerates));
  if (!replaced) throw new Error(`turn ${turn.id} replaces no version`);
  await endBeforeRemoval(tx, replaced, 'superseded');
  const cause = { chatId: turn.chatId, turnId: turn.id, step: 'supersede' };
  if (turn.editText !== null) {
    const { userTurnSeq, editText: text } = turn;
    const { attachments, outputs } = await readCompanyOfTurn(tx, turn);
    const data = {
      userTurnSeq,
      text,
      ...(attachments ? { attachments } : {}),
      ...(outputs ? { outputs } : {}),
    };
    const edit: NewEvent = { kind: 'user_turn_edit', data };
    await appendEvents(tx, cause, [edit], EDITED);
  }
  const superseded: NewEvent = { kind: 'turn_superseded', data: { turnId: replaced.id, by: turn.id } };
  const [mark] = await appendEvents(tx, cause, [superseded], SUPERSEDED);
  await applyMark(tx, turn.chatId, mark as Marking);
}

type Company = { attachments: Attachment[] | null; outputs: EventData<'tool_call_end'>[] | null };

/** What came with the message that a turn answers: all versions have what the first message had. */
async function readCompanyOfTurn(tx: Tx, { chatId, rootId }: TurnRow): Promise<Company> {
  const { rows } = await tx.query<Company>(
    `select data->'attachments' as attachments, data->'outputs' as outputs from events
     where chat_id = $1 and turn_id = $2 and kind = 'user_turn'`,
    [chatId, rootId],
  );
  return rows[0] ?? { attachments: null, outputs: null };
}

/** Numbers of the events of the step. */
const EDITED = 0;
const SUPERSEDED = 1;
