import { z } from 'zod';
import { cleanText } from '../text/text.js';

/** What the log stores of a relayed reply beside its text. `chips`: the number of `[[…]]` markers in the text. */
export const relayInfo = z.object({
  usedTools: z.array(z.string()),
  rowsSeen: z.array(z.string()),
  classifierTag: z.string().nullable(),
  conversationId: z.string().nullable(),
  /** In milliseconds: the duration that the upstream reported, else the measured one. */
  durationMs: z.number().int(),
  chips: z.number().int(),
});
export type RelayInfo = z.infer<typeof relayInfo>;

/** What an upstream sends about a reply while it streams. */
export type RelayMeta = Pick<RelayInfo, 'usedTools' | 'rowsSeen' | 'classifierTag'>;
export const noMeta: RelayMeta = { usedTools: [], rowsSeen: [], classifierTag: null };

/** The successful end of a relayed reply. `paneSpawned`: the upstream has lost the earlier conversation. */
export type RelayEnd = { conversationId: string | null; durationMs: number | null; paneSpawned: boolean };

/** An earlier message, as an upstream accepts it. */
export type PrimerLine = { role: 'user' | 'assistant'; content: string };

/** The request of a turn to an upstream. */
export type RelayRequest = {
  persona: string;
  username: string;
  userId: string;
  sessionId: string;
  message: string;
  /** Recent messages while the session is unprimed, else null. */
  primer: PrimerLine[] | null;
};

const MAX_WORD = 2_000;
const MAX_WORDS = 1_000;

/** Upstreams omit missing fields or send null, and some send other types. No value is refused. */
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

/** The fields of a meta event. Fields that it omits keep the value of an earlier one. */
export function toMeta(fields: unknown, before: RelayMeta = noMeta): RelayMeta {
  const { used_tools, rows_seen, classifier_tag } = metaFields.safeParse(fields).data ?? {};
  return {
    usedTools: isGiven(used_tools) ? toWords(used_tools) : before.usedTools,
    rowsSeen: isGiven(rows_seen) ? toWords(rows_seen) : before.rowsSeen,
    classifierTag: isGiven(classifier_tag) ? (toWords(classifier_tag)[0] ?? null) : before.classifierTag,
  };
}

export const toEnd = (fields: z.infer<typeof doneFields>): RelayEnd => ({
  conversationId: toWords(fields.conversation_id)[0] ?? null,
  durationMs: toDuration(fields.duration_ms),
  paneSpawned: fields.pane_spawned === true || fields.pane_spawned === 'true',
});

/** Longer than any turn, and within the integers that the log stores. */
const MAX_DURATION_MS = 2 ** 31 - 1;

function toDuration(value: unknown): number | null {
  const ms = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof ms === 'number' && ms >= 0 && ms <= MAX_DURATION_MS ? Math.round(ms) : null;
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

/** The words of a list, or of a single value. Items that have no text form are left out. */
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

/** Converts the relay info of older logs, where `rowsSeen` was a number or null. */
export const upcastRelay = (relay: RelayInfo): RelayInfo =>
  Array.isArray(relay.rowsSeen) ? relay : { ...relay, rowsSeen: toWords(relay.rowsSeen) };

/** The number of markers that clients show as chips, such as `[[Chapter 3]]`. */
export const countChips = (text: string): number => text.match(/\[\[[^[\]]+\]\]/g)?.length ?? 0;
