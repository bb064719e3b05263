import type { ClosedScene, Memory, PromptInput } from '../../domain/narrative/prompt.js';
import type { Db } from '../core/pool.js';
import { readTurnContext } from './turnContext.js';

/**
 * What a narrative reply is made from: the chat as this turn sees it. Null when the turn, its chat or its host
 * is no more.
 */
export async function readPromptInput(
  db: Db,
  key: { turnId: string; beat: number; speakerId: string },
): Promise<PromptInput | null> {
  const [context, remembered, closedScenes] = await Promise.all([
    readTurnContext(db, key.turnId),
    readRemembered(db, key),
    readClosedScenes(db, key),
  ]);
  if (!context) return null;
  const { you, host, guest, prose, dialogue, scene, edges, storyEvents, userTurnSeq } = context;
  return {
    speakerId: key.speakerId,
    beat: key.beat,
    userTurnSeq,
    you,
    host,
    guest,
    prose,
    beats: context.beats.filter((said) => said.beat < key.beat),
    dialogue,
    scene,
    edges,
    storyEvents: storyEvents.filter(({ status }) => status === 'active'),
    remembered,
    closedScenes,
  };
}

type Speaking = { turnId: string; speakerId: string };

/** Far more memories than a prompt ever holds: pinned first, then the newest. */
const MEMORIES = 500;
const SCENES = 200;

async function readRemembered(db: Db, { turnId, speakerId }: Speaking): Promise<Memory[]> {
  const { rows } = await db.query<Memory>(
    `select text, witnesses, scene_id as "sceneId", chat_clock as "chatClock", significance,
            pinned_seq is not null as pinned, written_seq as "writtenSeq"
     from memories where chat_id = (select chat_id from turns where id = $1) and witnesses ? $2
     order by pinned_seq is not null desc, written_seq desc limit $3`,
    [turnId, speakerId, MEMORIES],
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
