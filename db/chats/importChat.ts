import type { ExportedEvent, ExportedFile, ExportedTurn } from '../../domain/timeline/exportedChat.js';
import { type ImportPlan, InvalidImport, type NewIds, withNewIds } from '../../domain/timeline/importPlan.js';
import { takeLinked } from '../agents/strategyHolder.js';
import { type AttachmentLimits, insertAttachment, mustFitAttachments } from '../attachments/attachments.js';
import { attachToImport } from '../attachments/attachToChat.js';
import { type IdPrefix, newId } from '../core/ids.js';
import { type Pool, type Tx, transaction } from '../core/pool.js';
import { storeAvatar } from '../narrative/avatars.js';
import { storeCard } from '../narrative/cards.js';
import { rebuildInTransaction } from '../timeline/rebuild/rebuild.js';
import { type Chat, readChat } from './chats.js';
import { type Limits, mustBeWithinLimit } from './ownerLimits.js';
import { mustHaveRoomForChat } from './storedBytes.js';

/** How many rows are inserted at a time, and after how many bytes of events a batch ends. */
const batch = { turns: 500, events: 500, bytes: 1024 * 1024 };

export type ImportLimits = Pick<Limits, 'chats' | 'characters' | 'documents' | 'storedBytes'> & AttachmentLimits;

/**
 * Creates a chat from an export, in one transaction. The chat, its characters, its document, its turns and its changes
 * have new ids; turns that had not ended are cancelled. Marks are those that the log folds to. A strategy to which the log
 * links the chat is taken from the chat that has it. Throws `ChatRefused`.
 */
export function importChat(
  pool: Pool,
  owner: string,
  plan: ImportPlan,
  { files, events }: { files: AsyncIterable<ImportedFile>; events: AsyncIterable<ExportedEvent> },
  limits: ImportLimits,
): Promise<Chat> {
  return transaction(pool, async (tx) => {
    await mustHaveRows(tx, owner, plan, limits);
    const ids = await createIds(tx, owner, plan);
    const chatId = newId('chat');
    for (const { id, name, persona, greeting } of plan.characters)
      await tx.query('insert into characters (id, owner, name, persona, greeting) values ($1, $2, $3, $4, $5)', [
        ids.character(id),
        owner,
        name,
        persona,
        greeting,
      ]);
    for (const { characterId, card } of plan.cards) await storeCard(tx, ids.character(characterId), card);
    const fileBytes = await insertFiles(tx, owner, files, ids);
    if (plan.document) {
      const { id, title, body, documentVersion, acceptedPlaces } = plan.document;
      const places = acceptedPlaces.map((place) => ({ ...place, changeId: ids.change(place.changeId) }));
      await tx.query(
        'insert into documents (id, owner, title, body, version, accepted_places) values ($1, $2, $3, $4, $5, $6)',
        [ids.document(id), owner, title, body, documentVersion, JSON.stringify(places)],
      );
    }
    await insertChat(tx, { chatId, owner }, plan, ids);
    for (let at = 0; at < plan.turns.length; at += batch.turns)
      await insertTurns(tx, { chatId, owner }, plan, plan.turns.slice(at, at + batch.turns), ids);
    await insertEvents(tx, chatId, plan, events, ids);
    await attachToImport(tx, { chatId, owner });
    await rebuildInTransaction(tx, chatId);
    await mustBeUsable(tx, chatId);
    // Late, because the chat that has it is locked until the end.
    await takeLinked(tx, chatId);
    await mustHaveRoomForChat(tx, chatId, limits.storedBytes, fileBytes + bytesBeside(plan));
    return (await readChat(tx, owner, chatId))!;
  });
}

/** What a turn reads as a whole, of which the api allows no more either. */
const most = { 'open story events': 100, 'pinned memories': 100 } as const;

/** Throws `InvalidImport` for a chat whose turns would have to read too much. */
async function mustBeUsable(tx: Tx, chatId: string): Promise<void> {
  const { rows } = await tx.query<Record<keyof typeof most, number>>(
    `select (select count(*) from story_events where chat_id = $1 and status in ('planned', 'active'))::integer as "open story events",
       (select count(*) from memories where chat_id = $1 and pinned_seq is not null)::integer as "pinned memories"`,
    [chatId],
  );
  for (const [what, max] of Object.entries(most) as [keyof typeof most, number][])
    if (rows[0]![what] > max) throw new InvalidImport(1, `the chat has more than ${max} ${what}`);
}

async function mustHaveRows(
  tx: Tx,
  owner: string,
  { characters, document, attachments }: ImportPlan,
  limits: ImportLimits,
) {
  await mustBeWithinLimit(tx, 'chats', owner, limits.chats);
  if (characters.length > 0)
    await mustBeWithinLimit(tx, 'characters', owner, Math.max(1, limits.characters - characters.length + 1));
  if (document) await mustBeWithinLimit(tx, 'documents', owner, limits.documents);
  if (attachments.length === 0) return;
  const most = limits.attachments && Math.max(1, limits.attachments - attachments.length + 1);
  await mustBeWithinLimit(tx, 'attachments', owner, most);
  const bytes = attachments.reduce((sum, each) => sum + each.bytes, 0);
  await mustFitAttachments(tx, owner, bytes, limits.attachmentBytes);
}

async function createIds(tx: Tx, owner: string, plan: ImportPlan): Promise<NewIds> {
  const map = (prefix: IdPrefix, known: string[]) => {
    const ids = new Map(known.map((id) => [id, newId(prefix)]));
    return (id: string) => ids.get(id) ?? id;
  };
  const { rows } = await tx.query<{ id: string }>('select id from providers where owner = $1', [owner]);
  const providers = new Set(rows.map(({ id }) => id));
  const changes = new Map<string, string>();
  return {
    character: map(
      'chr',
      plan.characters.map(({ id }) => id),
    ),
    turn: map(
      'turn',
      plan.turns.map(({ id }) => id),
    ),
    attachment: map(
      'att',
      plan.attachments.map(({ id }) => id),
    ),
    document: map('doc', plan.document ? [plan.document.id] : []),
    provider: (id) => (providers.has(id) ? id : null),
    // Changes are named by their ids alone, so each gets a new one.
    change(id) {
      const known = changes.get(id) ?? newId('chg');
      changes.set(id, known);
      return known;
    },
  };
}

/** A file of an import, whole. `sha256` is that of `bytes`. */
export type ImportedFile = { header: ExportedFile; bytes: Buffer; sha256: Buffer };

/** Returns the bytes of all files together. */
async function insertFiles(tx: Tx, owner: string, files: AsyncIterable<ImportedFile>, ids: NewIds): Promise<number> {
  let total = 0;
  for await (const { header, bytes, sha256 } of files) {
    total += bytes.length;
    const { mediaType } = header;
    if (header.type === 'avatar') await storeAvatar(tx, ids.character(header.characterId), { mediaType, bytes });
    else
      await insertAttachment(
        tx,
        { owner, id: ids.attachment(header.id) },
        { mediaType, name: header.name ?? undefined, bytes, sha256 },
      );
  }
  return total;
}

/** The bytes of what is imported beside the log and the files. */
const bytesBeside = ({ characters, cards, document }: ImportPlan): number =>
  [...characters.flatMap(({ persona, greeting }) => [persona, greeting]), document?.body]
    .concat(cards.map(({ card }) => JSON.stringify(card)))
    .reduce((sum, text) => sum + Buffer.byteLength(text ?? ''), 0);

type Target = { chatId: string; owner: string };

/** Settings without those that are null: a provider of another owner. */
const settingsOf = (settings: object, ids: NewIds) =>
  JSON.stringify(
    Object.fromEntries(
      Object.entries(withNewIds('chat_settings_changed', settings, ids)).filter(([, value]) => value !== null),
    ),
  );

async function insertChat(tx: Tx, { chatId, owner }: Target, { chat }: ImportPlan, ids: NewIds): Promise<void> {
  const { kind, title, hostId, guestId, documentId, anchor, settings, createdSettings } = chat;
  await tx.query(
    `insert into chats (id, owner, kind, title, host_id, guest_id, document_id, anchor, settings, created_settings)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      chatId,
      owner,
      kind,
      title,
      kind === 'narrative' ? hostId && ids.character(hostId) : null,
      kind === 'narrative' ? guestId && ids.character(guestId) : null,
      documentId && ids.document(documentId),
      anchor && JSON.stringify(anchor),
      settingsOf(createdSettings ?? settings, ids),
      createdSettings && settingsOf(createdSettings, ids),
    ],
  );
}

async function insertTurns(
  tx: Tx,
  { chatId, owner }: Target,
  { chat }: ImportPlan,
  turns: ExportedTurn[],
  ids: NewIds,
): Promise<void> {
  const rows = turns.map((turn) => ({
    ...turn,
    id: ids.turn(turn.id),
    rootId: ids.turn(turn.rootId),
    proseId: ids.turn(turn.proseId),
    effectsId: turn.effectsId && turn.effectsId !== turn.id ? ids.turn(turn.effectsId) : null,
    regenerates: turn.regenerates && ids.turn(turn.regenerates),
  }));
  await tx.query(
    `insert into turns (id, root_id, prose_id, effects_id, regenerates, chat_id, owner, kind, status, phase, rank, user_turn_seq,
                        request_hash, when_failed, options, error, usage, warnings, created_at, started_at, opened_at,
                        finished_at)
     select t.id, t."rootId", t."proseId", t."effectsId", t.regenerates, $1, $2, $3,
       case when t.status in ('completed', 'cancelled', 'failed') then t.status else 'cancelled' end, 'done',
       t."userTurnSeq", t."userTurnSeq", '', 'fail', t.options, nullif(t.error, 'null'), nullif(t.usage, 'null'), t.warnings,
       t."createdAt", t."startedAt", t."startedAt", coalesce(t."finishedAt", now())
     from jsonb_to_recordset($4::jsonb) as t(id text, "rootId" text, "proseId" text, "effectsId" text, regenerates text, status text,
       "userTurnSeq" integer, options jsonb, error jsonb, usage jsonb, warnings jsonb, "createdAt" timestamptz,
       "startedAt" timestamptz, "finishedAt" timestamptz)`,
    [chatId, owner, chat.kind, JSON.stringify(rows)],
  );
}

/** Inserts the events in batches, then stores what the chat's row has of them. */
async function insertEvents(
  tx: Tx,
  chatId: string,
  { marks, chat }: ImportPlan,
  events: AsyncIterable<ExportedEvent>,
  ids: NewIds,
): Promise<void> {
  let waiting: { event: ExportedEvent; json: string }[] = [];
  let bytes = 0;
  let total = 0;
  const flush = async () => {
    await tx.query(
      `insert into events (chat_id, seq, kind, turn_id, step, n, at, data, bytes, superseded_by, hidden_by)
       select $1, e.* from unnest($2::integer[], $3::text[], $4::text[], $5::text[], $6::integer[], $7::timestamptz[],
         $8::jsonb[], $9::integer[], $10::integer[], $11::integer[]) as e`,
      [
        chatId,
        waiting.map(({ event }) => event.seq),
        waiting.map(({ event }) => event.kind),
        waiting.map(({ event: { turnId } }) => turnId && ids.turn(turnId)),
        waiting.map(({ event }) => event.step),
        waiting.map(({ event }) => event.n),
        waiting.map(({ event }) => event.at),
        waiting.map(({ json }) => json),
        waiting.map(({ json }) => Buffer.byteLength(json)),
        waiting.map(({ event }) => marks.get(event.seq)?.supersededBy ?? null),
        waiting.map(({ event }) => marks.get(event.seq)?.hiddenBy ?? null),
      ],
    );
    waiting = [];
    bytes = 0;
  };
  for await (const event of events) {
    const data = event.kind === 'chat_created' ? { ...event.data, title: chat.title } : event.data;
    const json = JSON.stringify(withNewIds(event.kind, data, ids));
    waiting.push({ event, json });
    bytes += Buffer.byteLength(json);
    total += Buffer.byteLength(json);
    if (waiting.length >= batch.events || bytes >= batch.bytes) await flush();
  }
  if (waiting.length > 0) await flush();
  await tx.query(
    `update chats set log_bytes = $2, seq = e.seq, last_event_at = e.at
     from (select max(seq) as seq, max(at) as at from events where chat_id = $1) e where id = $1`,
    [chatId, total],
  );
}
