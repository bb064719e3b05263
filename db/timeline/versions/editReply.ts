import type { EventData } from '../../../domain/log/events.js';
import { decideEditReply, editedVersion } from '../../../domain/timeline/decideEditReply.js';
import { stepName } from '../../../domain/turns/stepName.js';
import { lockOwnChat } from '../../chats/lockOwnChat.js';
import { newId } from '../../core/ids.js';
import { type Pool, type Tx, transaction } from '../../core/pool.js';
import { ChatRefused } from '../../core/refused.js';
import { endBeforeRemoval } from '../../turns/endBeforeRemoval.js';
import { readFloor } from '../../turns/floor.js';
import { readTurnRow, type TurnRow } from '../../turns/turnRow.js';
import { appendEvents, type EventRow, toChatEvent } from '../log.js';
import { applyMark, type Marking } from '../marks/marks.js';
import { readActiveVersion } from '../marks/versionMarks.js';
import { inTimeline } from '../subjects.js';

export type EditReply = {
  /** Any version of the reply; the one in the timeline is edited. */
  turnId: string;
  owner: string;
  beat: number;
  text: string;
};

/**
 * Puts a version of a reply into the timeline whose text a person wrote. It has the effects of the version that it edits.
 * `turnId` is that of the new version, or of the active one if that has the text already. `ended` is the turn of the
 * edited version, if it waited for an operator and is ended. Throws `ChatRefused`.
 */
export async function editReply(pool: Pool, request: EditReply): Promise<{ turnId: string; ended: string | null }> {
  return transaction(pool, async (tx) => {
    const turn = await readTurnRow(tx, request.turnId);
    if (!turn || turn.owner !== request.owner) throw new ChatRefused('turn_not_found');
    const { chatId, rootId } = turn;
    const [chat, floor, activeId] = await Promise.all([
      lockOwnChat(tx, request.owner, chatId),
      readFloor(tx, chatId),
      readActiveVersion(tx, chatId, rootId),
    ]);
    // Those of an agent come from its calls, not from its text.
    const counted = turn.kind === 'document' ? countChanges(tx, chatId, rootId) : 0;
    const [beats, changes] = await Promise.all([readBeats(tx, chatId, activeId), counted]);
    const decision = decideEditReply(request, { chat, beats, changes, ...floor });
    switch (decision.action) {
      case 'refuse':
        throw new ChatRefused(decision.code, decision.path);
      case 'nothing':
        return { turnId: activeId, ended: null };
      case 'edit':
        return writeVersion(tx, (await readTurnRow(tx, activeId))!, { ...request, beats });
    }
  });
}

type Beats = EventData<'assistant_turn'>[];

async function readBeats(tx: Tx, chatId: string, turnId: string): Promise<Beats> {
  const { rows } = await tx.query<EventRow>(
    `select e.seq, e.kind, e.turn_id, e.at, e.data, e.superseded_by, e.hidden_by from events e
     where e.chat_id = $1 and e.turn_id = $2 and e.kind = 'assistant_turn' and ${inTimeline('e')}
     order by e.seq`,
    [chatId, turnId],
  );
  return rows.map(toChatEvent).flatMap((event) => (event.kind === 'assistant_turn' ? [event.data] : []));
}

/** How many changes the versions of a reply proposed that are in the timeline. */
async function countChanges(tx: Tx, chatId: string, rootId: string): Promise<number> {
  const { rows } = await tx.query<{ count: number }>(
    `select coalesce(sum((e.data->>'count')::integer), 0)::integer as count from turns t
     join events e on e.chat_id = t.chat_id and e.turn_id = t.id
     where t.chat_id = $1 and t.root_id = $2 and e.kind = 'changes_proposed' and ${inTimeline('e')}`,
    [chatId, rootId],
  );
  return rows[0]!.count;
}

async function writeVersion(
  tx: Tx,
  replaced: TurnRow,
  { beat, text, beats }: Pick<EditReply, 'beat' | 'text'> & { beats: Beats },
): Promise<{ turnId: string; ended: string | null }> {
  const { chatId, effectsId } = replaced;
  const ended = (await endBeforeRemoval(tx, replaced, 'superseded')) ? replaced.id : null;
  const turnId = await insertVersion(tx, replaced);
  const [mark] = await appendEvents(tx, { chatId, turnId, step: 'supersede' }, [
    { kind: 'turn_superseded', data: { turnId: replaced.id, by: turnId } },
  ]);
  await applyMark(tx, chatId, mark as Marking);
  const memories = await readMemories(tx, { chatId, turnId: effectsId, beat });
  const events = editedVersion({ beat, text, beats, effectsId, memories });
  await appendEvents(tx, { chatId, turnId, step: 'edit' }, events);
  return { turnId, ended };
}

/** A turn that has ended: no workflow runs for it. */
async function insertVersion(tx: Tx, replaced: TurnRow): Promise<string> {
  const id = newId('turn');
  await tx.query(
    `insert into turns (id, root_id, prose_id, effects_id, regenerates, chat_id, owner, kind, status, phase, rank, user_turn_seq,
                        request_hash, when_failed, options, started_at, opened_at, finished_at)
     select $1, root_id, prose_id, coalesce(effects_id, id), id, chat_id, owner, kind, 'completed', 'done', rank,
       user_turn_seq, '', 'fail', options, now(), now(), now() from turns where id = $2`,
    [id, replaced.id],
  );
  return id;
}

/** What the witnesses remember of a beat, as they would recall it now. */
async function readMemories(
  tx: Tx,
  { chatId, turnId, beat }: { chatId: string; turnId: string; beat: number },
): Promise<{ id: string; text: string }[]> {
  const { rows } = await tx.query<{ id: string; text: string }>(
    `select m.id, m.text from memories m where m.chat_id = $1 and m.id in (
       select e.data->>'memoryId' from events e
       where e.chat_id = $1 and e.turn_id = $2 and e.step = $3 and e.kind = 'memory_written' and ${inTimeline('e')})`,
    [chatId, turnId, stepName.memory(beat)],
  );
  return rows;
}
