import { YOU } from '../../domain/narrative/participants.js';
import type { ClosedScene, Memory, PromptInput } from '../../domain/narrative/prompt.js';
import { withTexts } from '../attachments/promptAttachments.js';
import type { Db } from '../core/pool.js';
import { readSpeakerCard } from './cards.js';
import { readTurnContext } from './turnContext.js';

/**
 * Reads the input of a narrative prompt, as of this turn. `key.beat` selects the earlier beats of the turn, and
 * `key.speakerId` the memories and summaries. Null when the turn, its chat or its host was deleted.
 */
export async function readPromptInput(
  db: Db,
  key: { turnId: string; beat: number; speakerId: string },
): Promise<PromptInput | null> {
  const [context, remembered, closedScenes, card] = await Promise.all([
    readTurnContext(db, key.turnId),
    readRemembered(db, { of: key.turnId, speakerId: key.speakerId }),
    readClosedScenes(db, key),
    readSpeakerCard(db, key.speakerId),
  ]);
  if (!context) return null;
  const { you, host, guest, prose, attachments = [], scene, edges, storyEvents, userTurnSeq } = context;
  const lines = await withTexts(db, key.turnId, [...context.dialogue, { speakerId: YOU, text: prose, attachments }]);
  return {
    speakerId: key.speakerId,
    beat: key.beat,
    userTurnSeq,
    you,
    host,
    guest,
    prose,
    attachments: lines.at(-1)?.attachments,
    beats: context.beats.filter(({ beat }) => beat < key.beat),
    dialogue: lines.slice(0, -1),
    scene,
    edges,
    storyEvents: storyEvents.filter(({ status }) => status === 'active'),
    remembered,
    closedScenes,
    card,
  };
}

type Speaking = { turnId: string; speakerId: string };

/** Most memories that are read, pinned first, then the newest: far more than fit into a prompt. */
const MEMORIES = 500;
const SCENES = 200;

/** The memories of a character of a chat, which is named by its id or that of a turn (`of`). */
export async function readRemembered(db: Db, { of, speakerId }: { of: string; speakerId: string }): Promise<Memory[]> {
  const { rows } = await db.query<Memory>(
    `select text, witnesses, scene_id as "sceneId", chat_clock as "chatClock", significance,
            pinned_seq is not null as pinned, written_seq as "writtenSeq"
     from memories where chat_id = coalesce((select chat_id from turns where id = $1), $1) and witnesses ? $2
     order by pinned_seq is not null desc, written_seq desc limit $3`,
    [of, speakerId, MEMORIES],
  );
  return rows;
}

async function readClosedScenes(db: Db, { turnId, speakerId }: Speaking): Promise<ClosedScene[]> {
  const { rows } = await db.query<ClosedScene>(
    `select id as "sceneId", closed_seq as "closedSeq", summaries from scenes
     where chat_id = (select chat_id from turns where id = $1) and closed_seq is not null and summaries ? $2 order by closed_seq desc limit $3`,
    [turnId, speakerId, SCENES],
  );
  return rows;
}
