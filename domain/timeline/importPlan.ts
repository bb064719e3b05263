import { type EventKind, eventData } from '../log/events.js';
import { type Reference, referencesOf } from '../log/references.js';
import type { Card } from '../narrative/cards/readCard.js';
import { parseBounded } from '../text/boundedJson.js';
import { unstorableReason } from '../text/storable.js';
import { chatLimits } from './chatLimits.js';
import {
  type ExportedCharacter,
  type ExportedChat,
  type ExportedDocument,
  type ExportedEvent,
  type ExportedTurn,
  type ExportLine,
  exportLine,
} from './exportedChat.js';
import { faultOfFile, faultOfPiece, type ImportFiles, incomplete, noFiles, takeFile } from './importFiles.js';
import { createShapeCheck } from './importShapes.js';
import { foldMarks, isMark, type LogLine, type Marks, type Versions } from './marks.js';

/** A line of an import can not be used. `line` counts from 1. `reason` quotes nothing of the line. */
export class InvalidImport extends Error {
  override readonly name = 'InvalidImport';
  constructor(
    readonly line: number,
    readonly reason: string,
  ) {
    super(`line ${line}: ${reason}`);
  }
}

/** What an import has but for the data of its events, and the marks that its log folds to. */
export type ImportPlan = {
  chat: ExportedChat;
  characters: ExportedCharacter[];
  cards: { characterId: string; card: Card }[];
  /** The attachments whose bytes are in the export. */
  attachments: { id: string; bytes: number }[];
  document: ExportedDocument | null;
  turns: ExportedTurn[];
  /** The number of the first line of an event. */
  eventsFrom: number;
  marks: ReadonlyMap<number, Marks>;
};

const importLimits = {
  characters: 1_000,
  attachments: 10_000,
  avatarBytes: 10 * 1024 * 1024,
  turns: chatLimits.events,
} as const;

/** Parses a line. Throws `InvalidImport`. */
export function parseExportLine(text: string, line: number): ExportLine {
  const value = parseBounded(text);
  if (value === undefined) throw new InvalidImport(line, 'is not JSON, or holds too many values');
  const unstorable = unstorableReason(value);
  if (unstorable) throw new InvalidImport(line, unstorable);
  const parsed = exportLine.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new InvalidImport(line, `${issue.path.map(String).join('.').slice(0, 100) || 'type'}: ${issue.message}`);
}

type State = {
  chat: ExportedChat | null;
  document: ExportedDocument | null;
  characters: Map<string, ExportedCharacter>;
  turns: Map<string, ExportedTurn & { line: number }>;
  files: ImportFiles;
  /** The keys under which the events happened once. */
  keys: Set<string>;
  log: LogLine[];
  eventsFrom: number;
};

/**
 * Checks the lines of an import one by one, in their order. What a line needs of others is checked with them: a turn that
 * an event names comes before it, and seqs have no gap. `finish` is called after the last line, with their
 * number. `now`: in milliseconds since 1970.
 */
export function createImportPlan(now: number) {
  const faultOfShape = createShapeCheck(now);
  const state: State = {
    chat: null,
    document: null,
    characters: new Map(),
    turns: new Map(),
    files: noFiles(),
    keys: new Set(),
    log: [],
    eventsFrom: 0,
  };
  return {
    add(text: string, line: number): void {
      const parsed = parseExportLine(text, line);
      const fault =
        faultOfPiece(parsed, state.files) ??
        faultOf(parsed, state) ??
        (parsed.type === 'event' ? faultOfShape(parsed) : null);
      if (fault) throw new InvalidImport(line, fault);
      take(parsed, line, state);
    },
    finish(lines: number): ImportPlan {
      const { chat, document, characters, turns, log, files } = state;
      if (files.missing > 0) throw new InvalidImport(lines, incomplete);
      if (!chat || log.length === 0) throw new InvalidImport(lines, 'there is no event');
      const fault = faultOfChat(chat, state);
      if (fault) throw new InvalidImport(1, fault);
      for (const turn of turns.values()) {
        const reason = faultOfTurn(turn, state);
        if (reason) throw new InvalidImport(turn.line, reason);
      }
      const marks = foldMarks(log, versionsOf(turns));
      return {
        chat,
        document,
        characters: [...characters.values()],
        cards: [...files.cards].map(([characterId, card]) => ({ characterId, card })),
        attachments: [...files.attachments].map(([id, bytes]) => ({ id, bytes })),
        turns: [...turns.values()],
        eventsFrom: state.eventsFrom,
        marks,
      };
    },
  };
}

const versionsOf = (turns: State['turns']): Versions =>
  new Map([...turns].map(([id, { rootId, proseId, effectsId = id }]) => [id, { rootId, proseId, effectsId }]));

/** Why a line can not follow the earlier ones; null if it can. */
function faultOf(line: ExportLine, { chat, document, characters, turns, ...state }: State): string | null {
  if (!chat && line.type !== 'chat') return 'the first line must be the chat';
  if (line.type !== 'event' && state.log.length > 0) return 'nothing but events may follow an event';
  switch (line.type) {
    case 'chat':
      return chat ? 'there must be one chat' : null;
    case 'document':
      return document ? 'there must be one document at most' : null;
    case 'character':
      if (characters.size >= importLimits.characters) return 'there are too many characters';
      return characters.has(line.id) ? 'id: is that of an earlier line' : null;
    case 'card':
    case 'avatar':
    case 'attachment':
    case 'piece':
      return faultOfFile(line, state.files, characters);
    case 'turn':
      if (turns.size >= importLimits.turns) return 'there are too many turns';
      return turns.has(line.id) ? 'id: is that of an earlier line' : null;
    case 'event':
      return faultOfEvent(line, { chat, document, characters, turns, ...state });
  }
}

function faultOfEvent({ seq, kind, turnId, data, ...key }: ExportedEvent, { chat, turns, keys, log }: State) {
  if (seq !== log.length + 1) return `seq: must be ${log.length + 1}`;
  if (log.length >= chatLimits.events) return 'there are too many events';
  if ((kind === 'chat_created') !== (seq === 1)) return 'kind: the first event, and no other, is chat_created';
  if (seq === 1 && data.kind !== chat?.kind) return 'data.kind: must be the kind of the chat';
  if (turnId !== null && !turns.has(turnId)) return 'turnId: no earlier line is of this turn';
  return keys.has(keyOf({ turnId, ...key })) ? 'step, n: are those of an earlier event of the turn' : null;
}

const keyOf = ({ turnId, step, n }: Pick<ExportedEvent, 'turnId' | 'step' | 'n'>) => JSON.stringify([turnId, step, n]);

function take(line: ExportLine, number: number, state: State): void {
  switch (line.type) {
    case 'chat':
      state.chat = line;
      break;
    case 'document':
      state.document = line;
      break;
    case 'character':
      state.characters.set(line.id, line);
      break;
    case 'card':
    case 'avatar':
    case 'attachment':
    case 'piece':
      takeFile(line, state.files);
      break;
    case 'turn':
      state.turns.set(line.id, { ...line, line: number });
      break;
    case 'event': {
      const { seq, turnId, kind, data } = line;
      if (state.log.length === 0) state.eventsFrom = number;
      state.keys.add(keyOf(line));
      state.log.push({ seq, turnId, ...(isMark(kind) ? { kind, data } : { kind }) } as LogLine);
    }
  }
}

function faultOfChat({ kind, hostId, guestId, documentId }: ExportedChat, { characters, document }: State) {
  if (kind === 'narrative' && !characters.has(hostId ?? '')) return 'hostId: no line is of this character';
  if (guestId !== null && (!characters.has(guestId) || guestId === hostId))
    return 'guestId: no line is of this character, or it is the host';
  if (documentId !== (document?.id ?? null))
    return 'documentId: must be that of the line of the document, or null without one';
  return kind === 'document' && !document ? 'documentId: must not be null' : null;
}

function faultOfTurn({ id, userTurnSeq, rootId, proseId, effectsId = id }: ExportedTurn, { turns, log }: State) {
  if (log[userTurnSeq - 1]?.kind !== 'user_turn') return 'userTurnSeq: no event with this seq is a user_turn';
  const known = [rootId, proseId, effectsId].every((each) => turns.has(each));
  return known ? null : 'rootId, proseId, effectsId: no line is of this turn';
}

/** New ids for those of an import. An id that no line is of stays; a provider that the owner has not got becomes null. */
export type NewIds = {
  character(id: string): string;
  turn(id: string): string;
  change(id: string): string;
  document(id: string): string;
  provider(id: string): string | null;
  attachment(id: string): string;
};

/** By the name of a field, what the id in it is of. A name has one meaning in all kinds of events. */
const references: Readonly<Record<string, Reference>> = Object.assign(
  {},
  ...Object.values(eventData).map(referencesOf),
);

/** Data with new ids. Only a story event, and the attachments of a message, have ids below the top. */
export function withNewIds(kind: EventKind, data: object, ids: NewIds): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data).map(([field, value]) => {
      const of = references[field];
      // Seqs stay: an import keeps the log as it is.
      if (of === undefined || of === 'seq') return [field, below(kind, field, value, ids)];
      if (typeof value === 'string') return [field, ids[of](value)];
      if (Array.isArray(value)) return [field, value.map((id) => (typeof id === 'string' ? ids[of](id) : id))];
      return [field, value];
    }),
  );
}

function below(kind: EventKind, field: string, value: unknown, ids: NewIds): unknown {
  if (field === 'attachments' && Array.isArray(value)) return value.map((each) => withNewAttachment(each, ids));
  return kind === 'story_event_planned' && field === 'artifacts' ? withIdsBelow(value, ids) : value;
}

const withNewAttachment = (attached: { id: string }, ids: NewIds) => ({ ...attached, id: ids.attachment(attached.id) });

function withIdsBelow(value: unknown, ids: NewIds): unknown {
  if (Array.isArray(value)) return value.map((item) => withIdsBelow(item, ids));
  if (typeof value !== 'object' || value === null) return value;
  const renamed = withNewIds('object_acquired', value, ids);
  return Object.fromEntries(Object.entries(renamed).map(([field, inner]) => [field, withIdsBelow(inner, ids)]));
}
