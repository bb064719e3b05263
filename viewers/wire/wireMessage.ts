import type { WireItem } from './wire.js';

/**
 * A message from a worker to gateways: a JSON array of the items that the worker published in one tick of its event
 * loop. Before them stands `readAt`, once a message. It is not an item, so that a gateway that does not know it skips it.
 */
export function encodeItems(items: WireItem[], readAt: number): string {
  return JSON.stringify([{ readAt }, ...items]);
}

/** The items of a message, and when the first was read. Skips what is not an item, and items of kinds of a newer worker. */
export function decodeItems(message: string): { items: WireItem[]; readAt: number | null } {
  const parsed = parse(message);
  if (!Array.isArray(parsed)) return { items: [], readAt: null };
  const [first] = parsed as unknown[];
  const readAt = isRecord(first) && typeof first.readAt === 'number' ? first.readAt : null;
  return { items: parsed.filter(isItem), readAt };
}

/** A message from a gateway to workers: stop the stream of a turn. */
export function encodeStop(turnId: string): string {
  return JSON.stringify({ stop: turnId });
}

/** The id of the turn to stop; null for anything else. */
export function decodeStop(message: string): string | null {
  const parsed = parse(message);
  return isRecord(parsed) && typeof parsed.stop === 'string' ? parsed.stop : null;
}

function parse(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return null; // not a message of the wire: the same as one that was lost
  }
}

type Fields = Record<string, unknown>;
const isRecord = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
const isText = (value: unknown) => typeof value === 'string';

const isStep = (step: unknown) => isRecord(step) && isText(step.id) && isCount(step.index) && isText(step.type);

const isOfDraft = ({ beat, fence, epoch, reason }: Fields) =>
  isCount(beat) && isCount(fence) && isCount(epoch) && (reason === undefined || isText(reason));

/** For each type of item, whether the fields that the gateway relies on are there. */
const hasFieldsOf: { [Type in WireItem['type']]: (fields: Fields) => boolean } = {
  token: (fields) =>
    isOfDraft(fields) &&
    isCount(fields.offset) &&
    isText(fields.speakerId) &&
    isText(fields.text) &&
    (fields.channel === 'text' || fields.channel === 'thinking'),
  step: (fields) => isOfDraft(fields) && isStep(fields.step) && (fields.offset === null || isCount(fields.offset)),
  heartbeat: ({ elapsedSeconds }) => typeof elapsedSeconds === 'number',
  meta: ({ usedTools, rowsSeen }) => Array.isArray(usedTools) && Array.isArray(rowsSeen),
};

function isItem(value: unknown): value is WireItem {
  if (!isRecord(value) || !isText(value.chatId) || !isText(value.turnId)) return false;
  const { type } = value;
  return typeof type === 'string' && Object.hasOwn(hasFieldsOf, type) && hasFieldsOf[type as WireItem['type']](value);
}
