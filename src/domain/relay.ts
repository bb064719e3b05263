import { z } from 'zod';
import { cleanText } from './text.js';

/** What is kept of a relayed reply beside its text. `chips`: how many `[[…]]` markers the text holds. */
export const relayInfo = z.object({
  usedTools: z.array(z.string()),
  rowsSeen: z.number().nullable(),
  classifierTag: z.string().nullable(),
  conversationId: z.string().nullable(),
  /** In milliseconds: the upstream's own, if it says. */
  durationMs: z.number().int(),
  chips: z.number().int(),
});
export type RelayInfo = z.infer<typeof relayInfo>;

/** What an upstream tells of a reply while it comes. */
export type RelayMeta = Pick<RelayInfo, 'usedTools' | 'rowsSeen' | 'classifierTag'>;
export const noMeta: RelayMeta = { usedTools: [], rowsSeen: null, classifierTag: null };

/** How a relayed reply ended well. `paneSpawned`: the upstream has forgotten what was said before. */
export type RelayEnd = { conversationId: string | null; durationMs: number | null; paneSpawned: boolean };

/** A line of what was said before, as an upstream takes it. */
export type PrimerLine = { role: 'user' | 'assistant'; content: string };

/** A turn as an upstream is asked for it. */
export type RelayRequest = {
  persona: string;
  username: string;
  userId: string;
  sessionId: string;
  message: string;
  /** Recent exchanges, while the session is unprimed. */
  primer: PrimerLine[] | null;
};

const word = z.string().max(2_000).transform(cleanText);
const words = z
  .array(z.unknown())
  .max(1_000)
  .transform((all) => all.flatMap((each) => (typeof each === 'string' ? [cleanText(each)] : [])));

/** Upstreams leave out, or send null for, whatever they don't have. */
export const metaFields = z.object({
  used_tools: words.nullish(),
  rows_seen: z.number().nullish(),
  classifier_tag: word.nullish(),
});
export const doneFields = z.object({
  turn_id: z.unknown().optional(),
  conversation_id: z.union([word, z.number().transform(String)]).nullish(),
  duration_ms: z.number().nonnegative().nullish(),
  pane_spawned: z.boolean().nullish(),
  resumed: z.boolean().nullish(),
});

/** An unnamed event of an upstream's stream. */
export const relayFrame = z.discriminatedUnion('type', [
  z.object({ type: z.literal('chunk'), content: z.string().nullish() }),
  z.object({ type: z.literal('meta') }).extend(metaFields.shape),
  z.object({ type: z.literal('done') }).extend(doneFields.shape),
  z.object({ type: z.literal('error'), code: z.unknown(), message: z.unknown(), retryable: z.boolean().nullish() }),
]);
export type RelayFrame = z.infer<typeof relayFrame>;

export const toMeta = (fields: z.infer<typeof metaFields>): RelayMeta => ({
  usedTools: fields.used_tools ?? [],
  rowsSeen: fields.rows_seen ?? null,
  classifierTag: fields.classifier_tag ?? null,
});

export const toEnd = (fields: z.infer<typeof doneFields>): RelayEnd => ({
  conversationId: fields.conversation_id ?? null,
  durationMs: fields.duration_ms === null || fields.duration_ms === undefined ? null : Math.round(fields.duration_ms),
  paneSpawned: fields.pane_spawned ?? false,
});

/** Markers that clients show as chips, such as `[[Chapter 3]]`. */
export const countChips = (text: string): number => text.match(/\[\[[^[\]]+\]\]/g)?.length ?? 0;
