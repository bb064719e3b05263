import { z } from 'zod';
import { settingsChange } from '../agents/settings.js';
import { MAX_ACCEPTED_PLACES } from '../documents/acceptedPlaces.js';
import { eventData, eventKinds } from '../log/events.js';
import { chatKind, publicError, tokenUsage, turnStatus } from '../turns/turn.js';
import { storedTurnOptions } from '../turns/turnOptionSchemas.js';

/**
 * The lines of an exported chat, each a JSON object with a `type`: the chat, its characters with their cards and avatars,
 * its document, the attachments of its messages, its turns, and the events of its log, hidden ones too. Of a later release,
 * `version` differs.
 */
export const EXPORT_VERSION = 1;

/** The longest text that the api takes in a body of 1 MiB, in UTF-16 code units. */
const MAX_TEXT = 1024 * 1024;

const id = z.string().min(1).max(100);
/** As Postgres stores it. */
const count = (least: number) =>
  z
    .number()
    .int()
    .min(least)
    .max(2 ** 31 - 1);
const seq = count(1);
const at = z.iso.datetime().refine((time) => Date.parse(time) >= 0, { error: 'must not be before 1970' });

const settings = settingsChange.extend({
  persona: z.string().max(200_000).optional(),
  sessionId: z.string().max(200).optional(),
  systemPrompt: z.string().max(MAX_TEXT).nullable().optional(),
});

const chat = z.object({
  type: z.literal('chat'),
  version: z.literal(EXPORT_VERSION),
  id,
  kind: chatKind,
  title: z.string().max(200).nullable(),
  hostId: id.nullable(),
  guestId: id.nullable(),
  documentId: id.nullable(),
  anchor: z.object({ quote: z.string().max(100_000), start: count(0).optional(), end: count(0).optional() }).nullable(),
  settings,
  /** The settings that the chat was created with; null while they were never changed. */
  createdSettings: settings.nullable(),
});

const character = z.object({
  type: z.literal('character'),
  id,
  name: z
    .string()
    .max(200)
    .refine((name) => name.trim() !== '', { error: 'must not be blank' }),
  persona: z.string().max(200_000),
  greeting: z.string().max(200_000).nullable(),
});

const acceptedPlace = z.object({ changeId: id, start: count(0), end: count(0), at });

const document = z
  .object({
    type: z.literal('document'),
    id,
    title: z.string().max(500),
    body: z.string().max(MAX_TEXT),
    documentVersion: count(1),
    /** Where the texts of accepted changes are in the body. Exports of earlier releases leave them out. */
    acceptedPlaces: z.array(acceptedPlace).max(MAX_ACCEPTED_PLACES).default([]),
  })
  .refine(({ body, acceptedPlaces }) => acceptedPlaces.every(({ start, end }) => start <= end && end <= body.length), {
    path: ['acceptedPlaces'],
    error: 'must be within the body',
  });

/** The card that the character of an earlier line was imported from: domain/narrative/cards/readCard.ts. */
const card = z.object({ type: z.literal('card'), characterId: id, card: z.record(z.string(), z.unknown()) });

/** How many bytes of a file one line has at most. The rest follows in lines of the type `piece`. */
export const PIECE_BYTES = 512 * 1024;

const base64 = z
  .string()
  .max(Math.ceil(PIECE_BYTES / 3) * 4)
  .regex(/^[A-Za-z0-9+/]*={0,2}$/, { error: 'must be base64' });

/** The bytes in all, and the first of them. */
const file = { mediaType: z.string().max(200), bytes: z.number().int().min(1), base64 };

const avatar = z.object({ type: z.literal('avatar'), characterId: id, ...file });

const attachment = z.object({
  type: z.literal('attachment'),
  id,
  name: z.string().max(1_000).nullable(),
  ...file,
  /** Its bytes are not in the export, which has a limit. */
  leftOut: z.boolean().optional(),
});

/** The next bytes of the file that began before it. */
const piece = z.object({ type: z.literal('piece'), base64 });

const turn = z.object({
  type: z.literal('turn'),
  id,
  rootId: id,
  proseId: id,
  /** Left out by releases in which no reply was edited by hand. */
  effectsId: id.optional(),
  regenerates: id.nullable(),
  status: turnStatus,
  userTurnSeq: seq,
  options: storedTurnOptions,
  error: publicError.nullable(),
  usage: tokenUsage.nullable(),
  warnings: z.array(z.string().max(10_000)).max(1_000),
  createdAt: at,
  startedAt: at.nullable(),
  finishedAt: at.nullable(),
});

const event = z.object({
  type: z.literal('event'),
  seq,
  kind: z.enum(eventKinds),
  turnId: id.nullable(),
  /** The step that caused it, and its number within the step. */
  step: z.string().min(1).max(500),
  n: count(0),
  at,
  data: z.record(z.string(), z.unknown()),
});

export const exportLine = z
  .discriminatedUnion('type', [chat, character, card, avatar, document, attachment, piece, turn, event])
  .superRefine((line, context) => {
    if (line.type !== 'event') return;
    const parsed = eventData[line.kind].safeParse(line.data);
    for (const issue of parsed.error?.issues ?? [])
      context.addIssue({ ...issue, path: ['data', ...issue.path] } as never);
  });

export type ExportedChat = z.infer<typeof chat>;
export type ExportedCharacter = z.infer<typeof character>;
export type ExportedDocument = z.infer<typeof document>;
export type ExportedFile = z.infer<typeof avatar> | z.infer<typeof attachment>;
export type ExportedTurn = z.infer<typeof turn>;
export type ExportedEvent = z.infer<typeof event>;
export type ExportLine = z.infer<typeof exportLine>;
