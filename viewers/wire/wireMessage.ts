import type { WireHeartbeat, WireMeta, WireStep, WireToken } from './wire.js';

/** What travels from workers to gateways: all that one tick of the worker had to say, as one JSON array. */
export type WireItem =
  | ({ type: 'token' } & WireToken)
  | ({ type: 'step' } & WireStep)
  | ({ type: 'heartbeat' } & WireHeartbeat)
  | ({ type: 'meta' } & WireMeta);

/** `readAt` goes first, once a message, as what is no item: a gateway that does not know it leaves it out. */
export function encodeItems(items: WireItem[], readAt: number): string {
  return JSON.stringify([{ readAt }, ...items]);
}

/** The items of a message, and when the first of them was read. What is not an item, also of a newer worker's kinds, is left out. */
export function decodeItems(message: string): { items: WireItem[]; readAt: number | null } {
  const parsed = parse(message);
  if (!Array.isArray(parsed)) return { items: [], readAt: null };
  const [first] = parsed as unknown[];
  const readAt = isRecord(first) && typeof first.readAt === 'number' ? first.readAt : null;
  return { items: parsed.filter(isItem), readAt };
}

/** What travels from gateways to workers. */
export function encodeStop(turnId: string): string {
  return JSON.stringify({ stop: turnId });
}

export function decodeStop(message: string): string | null {
  const parsed = parse(message);
  return isRecord(parsed) && typeof parsed.stop === 'string' ? parsed.stop : null;
}

function parse(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return null; // not ours: the same as a message that was lost
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
const isText = (value: unknown) => typeof value === 'string';

const isStep = (step: unknown) => isRecord(step) && isText(step.id) && isCount(step.index) && isText(step.type);

function isItem(value: unknown): value is WireItem {
  if (!isRecord(value) || !isText(value.chatId) || !isText(value.turnId)) return false;
  if (value.type === 'meta') return Array.isArray(value.usedTools) && Array.isArray(value.rowsSeen);
  if (value.type === 'heartbeat') return typeof value.elapsedSeconds === 'number';
  if (!isCount(value.beat) || !isCount(value.fence) || !isCount(value.epoch)) return false;
  if (value.reason !== undefined && !isText(value.reason)) return false;
  if (value.type === 'step') return isStep(value.step) && (value.offset === null || isCount(value.offset));
  return (
    value.type === 'token' &&
    isCount(value.offset) &&
    isText(value.speakerId) &&
    isText(value.text) &&
    (value.channel === 'text' || value.channel === 'thinking')
  );
}
