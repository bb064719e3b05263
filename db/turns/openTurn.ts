import type { ClassifierCall } from '../../domain/classifiers/classifier.js';
import { followUpsOf } from '../../domain/classifiers/index.js';
import { stripOoc } from '../../domain/narrative/ooc.js';
import { hasEnded } from '../../domain/turns/endStatus.js';
import type { ChatKind, StopMark, WhenFailed } from '../../domain/turns/turn.js';
import { isNamedByTurn } from '../chats/titles.js';
import type { Db, Pool } from '../core/pool.js';
import { readTurnRow } from './turnRow.js';

/** A character of the chat. The name is only for summaries that operators see. */
export type Present = { id: string; name: string };

/** What the workflow of a turn needs to know at its start. */
export type OpenedTurn =
  | { ended: true }
  | {
      ended: false;
      kind: ChatKind;
      owner: string;
      host: Present | null;
      guest: Present | null;
      whenFailed: WhenFailed;
      /** Most iterations of an agent, if the chat's settings have a limit. */
      maxIterations: number | null;
      stop: StopMark | null;
      /** The turn whose reply this one replaces. */
      regenerates: string | null;
      /** The speaker of the reply that it continues; left out of every other turn. */
      continuedBy?: string;
      /** Whether the user's text has more than out-of-character remarks. */
      hasProse: boolean;
      /** Whether the user's text is new with this turn. It is not in a regeneration without an edit. */
      isNewProse: boolean;
      /** The open scene; null without one. */
      sceneId: string | null;
      /** Read by workers of the release before, which do not know `followUps`. */
      hasStoryEvents: boolean;
      /** The calls of the classifiers that follow the reply. Left out of turns of other kinds. */
      followUps?: ClassifierCall[];
      /** Set where the reply names the chat; left out of every other turn, and of turns of before. */
      namesChat?: true;
    };

type Opened = Extract<OpenedTurn, { ended: false }>;
type Row = Omit<
  Opened,
  'ended' | 'host' | 'guest' | 'hasProse' | 'isNewProse' | 'continuedBy' | 'followUps' | 'namesChat'
> & {
  namesChat: boolean;
  continuedBy: string | null;
  hostId: string | null;
  hostName: string | null;
  guestId: string | null;
  guestName: string | null;
  editText: string | null;
  text: string | null;
};

/** The run and the namespace of a turn's workflow, and whether chats are named after their first exchange. */
export type Opening = { runId: string; namespaceId: string | null; titlesChats: boolean };

/** Records that the turn's workflow runs, with its run and namespace. Reads the state on which its steps depend. */
export async function openTurn(pool: Pool, turnId: string, opening: Opening): Promise<OpenedTurn> {
  const { runId, namespaceId, titlesChats } = opening;
  const { rows } = await pool.query<Row>(
    `update turns t set opened_at = coalesce(t.opened_at, now()), run_id = $2, phase = 'replying',
       namespace_id = coalesce($3, t.namespace_id)
     from chats c
       left join characters h on h.id = c.host_id
       left join characters g on g.id = c.guest_id
     where t.id = $1 and c.id = t.chat_id and t.status in ('running', 'awaiting_operator')
     returning t.kind, t.owner, h.id as "hostId", h.name as "hostName", g.id as "guestId", g.name as "guestName",
       t.when_failed as "whenFailed", (coalesce(t.settings, c.settings)->>'maxIterations')::integer as "maxIterations", t.stop, t.regenerates, t.edit_text as "editText",
       case when t.continues then (select e.data->>'speakerId' from events e
        where e.chat_id = t.chat_id and e.turn_id = t.regenerates and e.kind = 'assistant_turn' order by e.seq limit 1)
       end as "continuedBy",
       (select e.data->>'text' from events e
        where e.chat_id = t.chat_id and e.turn_id = t.prose_id and e.kind in ('user_turn', 'user_turn_edit')
        order by e.seq limit 1) as text,
       (select s.id from scenes s where s.chat_id = t.chat_id and s.closed_seq is null
        order by s.opened_seq desc limit 1) as "sceneId",
       exists (select from story_events v where v.chat_id = t.chat_id and v.status in ('planned', 'active'))
         as "hasStoryEvents",
       $4 and ${isNamedByTurn} as "namesChat"`,
    [turnId, runId, namespaceId, titlesChats],
  );
  return rows[0] ? toOpened(rows[0]) : { ended: true };
}

function toOpened({
  hostId,
  hostName,
  guestId,
  guestName,
  editText,
  text,
  continuedBy,
  namesChat,
  ...rest
}: Row): OpenedTurn {
  const hasProse = stripOoc(editText ?? text ?? '') !== '';
  return {
    ...rest,
    ...(continuedBy === null ? {} : { continuedBy }),
    ...(namesChat ? { namesChat } : {}),
    ...(rest.kind === 'narrative' ? { followUps: followUpsOf({ ...rest, hasProse }) } : {}),
    ended: false,
    host: hostId && hostName ? { id: hostId, name: hostName } : null,
    guest: guestId && guestName ? { id: guestId, name: guestName } : null,
    hasProse,
    isNewProse: rest.regenerates === null || editText !== null,
  };
}

/** Whether the turn has ended or was deleted, so that its workflow has nothing to do. */
export async function isTurnOver(db: Db, turnId: string): Promise<boolean> {
  const turn = await readTurnRow(db, turnId);
  return !turn || hasEnded(turn);
}
