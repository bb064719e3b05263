import type { ImpersonationInput } from '../../domain/narrative/impersonation.js';
import { ASSISTANT, YOU } from '../../domain/narrative/participants.js';
import { replacePersonaMacros } from '../../domain/narrative/personas.js';
import type { ChatKind } from '../../domain/turns/turn.js';
import { withTexts } from '../attachments/promptAttachments.js';
import type { Db } from '../core/pool.js';
import { readEdges } from './edges.js';
import { readRemembered } from './readPrompt.js';
import { readDialogue, readSetting } from './turnContext.js';

/** After every line of a chat. */
const AFTER_ALL = 2 ** 31 - 1;

type Head = {
  chatId: string;
  kind: ChatKind;
  hint: string;
  systemPrompt: string | null;
  hostId: string | null;
  hostName: string | null;
  hostPersona: string | null;
  guestId: string | null;
  guestName: string;
  guestPersona: string;
  youName: string | null;
  youPersona: string | null;
};

/**
 * Reads what a model gets to write the user's next message, as of now: people, dialogue, the scene, edges, story events
 * and the host's memories. Null when the request is over or its chat was deleted.
 */
export async function readImpersonation(db: Db, id: string): Promise<(ImpersonationInput & { chatId: string }) | null> {
  const head = await readHead(db, id);
  if (!head) return null;
  const { chatId, kind, hint } = head;
  const you = { id: YOU, name: head.youName ?? YOU, persona: head.youPersona ?? '' };
  const dialogue = await withTexts(db, chatId, await readDialogue(db, chatId, AFTER_ALL));
  if (kind !== 'narrative' || !head.hostId)
    return { kind: 'agent', chatId, hint, you, instructions: head.systemPrompt ?? '', dialogue };
  const [{ scene, story }, edges, remembered] = await Promise.all([
    readSetting(db, chatId, null),
    readEdges(db, chatId),
    readRemembered(db, { of: chatId, speakerId: head.hostId }),
  ]);
  const people = {
    you,
    host: { id: head.hostId, name: head.hostName ?? ASSISTANT.name, persona: head.hostPersona ?? '' },
    guest: head.guestId ? { id: head.guestId, name: head.guestName, persona: head.guestPersona } : null,
  };
  return {
    kind: 'narrative',
    chatId,
    hint,
    ...replacePersonaMacros(people),
    dialogue,
    scene,
    edges,
    storyEvents: story.filter(({ status }) => status === 'active'),
    remembered,
  };
}

async function readHead(db: Db, id: string): Promise<Head | null> {
  const { rows } = await db.query<Head>(
    `select i.chat_id as "chatId", ch.kind, i.hint, ch.settings->>'systemPrompt' as "systemPrompt", h.id as "hostId",
       h.name as "hostName", h.persona as "hostPersona", g.id as "guestId", g.name as "guestName",
       g.persona as "guestPersona", y.name as "youName", y.persona as "youPersona"
     from impersonations i
     join chats ch on ch.id = i.chat_id
     left join characters h on h.id = ch.host_id
     left join characters g on g.id = ch.guest_id
     left join you y on y.owner = ch.owner
     where i.id = $1`,
    [id],
  );
  return rows[0] ?? null;
}
