import { z } from 'zod';
import { cleanText } from '../text/text.js';

/** What is kept of a relayed reply beside its text. `chips`: how many `[[…]]` markers the text holds. */
export const relayInfo = z.object({
  usedTools: z.array(z.string()),
  rowsSeen: z.array(z.string()),
  classifierTag: z.string().nullable(),
  conversationId: z.string().nullable(),
  /** In milliseconds: the upstream's own, if it says. */
  durationMs: z.number().int(),
  chips: z.number().int(),
});
export type RelayInfo = z.infer<typeof relayInfo>;

/** What an upstream tells of a reply while it comes. */
export type RelayMeta = Pick<RelayInfo, 'usedTools' | 'rowsSeen' | 'classifierTag'>;
export const noMeta: RelayMeta = { usedTools: [], rowsSeen: [], classifierTag: null };

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

const MAX_WORD = 2_000;
const MAX_WORDS = 1_000;

/** Upstreams leave out, or send null for, whatever they don't have; some send other types. No form of these is refused. */
const metaFields = z.object({
  used_tools: z.unknown().optional(),
  rows_seen: z.unknown().optional(),
  classifier_tag: z.unknown().optional(),
});
export const doneFields = z.object({
  turn_id: z.unknown().optional(),
  conversation_id: z.unknown().optional(),
  duration_ms: z.unknown().optional(),
  pane_spawned: z.unknown().optional(),
  resumed: z.unknown().optional(),
});

/** An unnamed event of an upstream's stream. */
export const relayFrame = z.discriminatedUnion('type', [
  z.object({ type: z.literal('chunk'), content: z.string().nullish() }),
  z.object({ type: z.literal('meta') }).extend(metaFields.shape),
  z.object({ type: z.literal('done') }).extend(doneFields.shape),
  z.object({ type: z.literal('error'), code: z.unknown(), message: z.unknown(), retryable: z.boolean().nullish() }),
]);
export type RelayFrame = z.infer<typeof relayFrame>;

/** What a meta event says. What it leaves out stays as an earlier one said it. */
export function toMeta(fields: unknown, before: RelayMeta = noMeta): RelayMeta {
  const { used_tools, rows_seen, classifier_tag } = metaFields.safeParse(fields).data ?? {};
  return {
    usedTools: isSaid(used_tools) ? toWords(used_tools) : before.usedTools,
    rowsSeen: isSaid(rows_seen) ? toWords(rows_seen) : before.rowsSeen,
    classifierTag: isSaid(classifier_tag) ? (toWords(classifier_tag)[0] ?? null) : before.classifierTag,
  };
}

export const toEnd = (fields: z.infer<typeof doneFields>): RelayEnd => ({
  conversationId: toWords(fields.conversation_id)[0] ?? null,
  durationMs: toDuration(fields.duration_ms),
  paneSpawned: fields.pane_spawned === true || fields.pane_spawned === 'true',
});

/** Far beyond any turn, and within what the log takes. */
const MAX_DURATION_MS = 2 ** 31 - 1;

function toDuration(value: unknown): number | null {
  const ms = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof ms === 'number' && ms >= 0 && ms <= MAX_DURATION_MS ? Math.round(ms) : null;
}

const isSaid = (value: unknown): boolean => value !== undefined && value !== null;

/** Words, from a list of whatever or from a single one. What has no words of its own is left out. */
function toWords(value: unknown): string[] {
  const items: unknown[] = Array.isArray(value) ? value : [value];
  return items.slice(0, MAX_WORDS).flatMap((item) => toWord(item) ?? []);
}

function toWord(item: unknown): string | null {
  if (typeof item === 'string') return item === '' ? null : cleanText(item.slice(0, MAX_WORD));
  if (typeof item === 'number' || typeof item === 'boolean') return String(item);
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return null;
  const { name, id } = item as { name?: unknown; id?: unknown };
  return toWord(typeof name === 'object' ? null : name) ?? toWord(typeof id === 'object' ? null : id);
}

/** What older logs hold of a relayed reply: `rowsSeen` was a number, or null. */
export const upcastRelay = (relay: RelayInfo): RelayInfo =>
  Array.isArray(relay.rowsSeen) ? relay : { ...relay, rowsSeen: toWords(relay.rowsSeen) };

/** Markers that clients show as chips, such as `[[Chapter 3]]`. */
export const countChips = (text: string): number => text.match(/\[\[[^[\]]+\]\]/g)?.length ?? 0;
