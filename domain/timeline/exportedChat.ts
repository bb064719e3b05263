import { z } from 'zod';
import { settingsChange } from '../agents/settings.js';
import { eventData, eventKinds } from '../log/events.js';
import { chatKind, publicError, tokenUsage, turnStatus } from '../turns/turn.js';

/**
 * The lines of an exported chat, each a JSON object with a `type`: the chat, its characters, its document, its turns, and
 * the events of its log, hidden ones too. Of a later release, `version` differs.
 */
export const EXPORT_VERSION = 1;

const id = z.string().min(1).max(100);
const seq = z.number().int().min(1);
const at = z.iso.datetime();

const settings = settingsChange.extend({
  persona: z.string().max(200_000).optional(),
  sessionId: z.string().max(200).optional(),
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
  anchor: z
    .object({ quote: z.string(), start: z.number().int().optional(), end: z.number().int().optional() })
    .nullable(),
  settings,
  /** The settings that the chat was created with; null while they were never changed. */
  createdSettings: settings.nullable(),
});

const character = z.object({
  type: z.literal('character'),
  id,
  name: z.string().min(1),
  persona: z.string().max(200_000),
  greeting: z.string().nullable(),
});

const document = z.object({
  type: z.literal('document'),
  id,
  title: z.string(),
  body: z.string(),
  documentVersion: z.number().int().min(1),
});

const turn = z.object({
  type: z.literal('turn'),
  id,
  rootId: id,
  proseId: id,
  regenerates: id.nullable(),
  status: turnStatus,
  userTurnSeq: seq,
  options: z.record(z.string(), z.unknown()),
  error: publicError.nullable(),
  usage: tokenUsage.nullable(),
  warnings: z.array(z.string()),
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
  n: z.number().int().min(0),
  at,
  data: z.record(z.string(), z.unknown()),
});

export const exportLine = z
  .discriminatedUnion('type', [chat, character, document, turn, event])
  .superRefine((line, context) => {
    if (line.type !== 'event') return;
    const parsed = eventData[line.kind].safeParse(line.data);
    for (const issue of parsed.error?.issues ?? [])
      context.addIssue({ ...issue, path: ['data', ...issue.path] } as never);
  });

export type ExportedChat = z.infer<typeof chat>;
export type ExportedCharacter = z.infer<typeof character>;
export type ExportedDocument = z.infer<typeof document>;
export type ExportedTurn = z.infer<typeof turn>;
export type ExportedEvent = z.infer<typeof event>;
export type ExportLine = z.infer<typeof exportLine>;
