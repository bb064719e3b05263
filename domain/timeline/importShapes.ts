import { MAX_CHANGES_OF_REPLY } from '../documents/changes.js';
import type { ExportedEvent } from './exportedChat.js';

/**
 * What no log of this service exceeds, though each event alone is well formed: where an import did, it would take the
 * projections a time or a space out of proportion to its size.
 */
const shapeLimits = {
  /** Characters that events name, with those that were deleted. */
  characters: 1_000,
  /** Ordered pairs of characters with a relationship. */
  pairs: 2_000,
  /** Memories written under one id: one for each witness, and their versions. */
  witnesses: 2_000,
  /** Turns that answer one line of the user. */
  versions: 500,
  /** The largest whole number that Postgres stores in an integer. */
  integer: 2 ** 31 - 1,
  /** The longest id, in UTF-16 code units. */
  id: 200,
  /** The earliest and the latest time. */
  from: Date.parse('2000-01-01T00:00:00Z'),
  aheadMs: 86_400_000,
} as const;

/** Fields whose numbers are not stored in an integer, and ids that other services give. */
const anyNumber = new Set(['strategyId']);
const anyText = new Set(['conversationId', 'modelId']);
const times = new Set(['at', 'lastInteractionAt', 'endedAt']);

/**
 * Returns a function that says why an event can not follow the earlier ones of its log; null if it can. `now`: in
 * milliseconds since 1970.
 */
export function createShapeCheck(now: number): (event: ExportedEvent) => string | null {
  const characters = new Set<string>();
  const pairs = new Set<string>();
  const witnesses = new Map<string, number>();
  const versions = new Map<number, Set<string>>();
  const proposals = new Set<number>();
  const changeIds = new Set<string>();

  const isTime = (value: string) => {
    const time = Date.parse(value);
    return time >= shapeLimits.from && time <= now + shapeLimits.aheadMs;
  };

  function faultOfField(name: string, value: unknown): string | null {
    if (typeof value === 'number' && !anyNumber.has(name) && Math.abs(value) > shapeLimits.integer)
      return 'is too large';
    if (typeof value !== 'string') return null;
    if (times.has(name) && !isTime(value)) return 'must be a time from 2000 to now';
    const isId = /(^id|Id|^by)$/.test(name) && !anyText.has(name);
    return isId && value.length > shapeLimits.id ? `must have at most ${shapeLimits.id} characters` : null;
  }

  function faultOfProposal({ seq, data }: ExportedEvent): string | null {
    const { messageSeq, changeIds: ids } = data as { messageSeq: number; changeIds: string[] };
    if (messageSeq >= seq) return 'data.messageSeq: must be that of an earlier event';
    if (proposals.has(messageSeq)) return 'data.messageSeq: is that of an earlier proposal';
    proposals.add(messageSeq);
    if (ids.length > MAX_CHANGES_OF_REPLY) return `data.changeIds: must have at most ${MAX_CHANGES_OF_REPLY} ids`;
    for (const id of ids) {
      if (changeIds.has(id) || id.length > shapeLimits.id)
        return 'data.changeIds: must be short, and each be there once';
      changeIds.add(id);
    }
    return null;
  }

  function faultOfPeople({ data }: ExportedEvent): string | null {
    const { witnessId, witnesses: all, povId, sourceId, targetId, speakerId, ownerId } = data;
    const named = [witnessId, povId, sourceId, targetId, speakerId, ownerId, ...(Array.isArray(all) ? all : [])];
    for (const id of named) if (typeof id === 'string') characters.add(id);
    if (characters.size > shapeLimits.characters) return 'names too many characters';
    if (typeof sourceId === 'string' && typeof targetId === 'string') pairs.add(`${sourceId}>${targetId}`);
    return pairs.size > shapeLimits.pairs ? 'names too many pairs of characters' : null;
  }

  function faultOfCounts({ kind, turnId, data }: ExportedEvent): string | null {
    if (kind === 'memory_written') {
      const count = (witnesses.get(String(data.memoryId)) ?? 0) + 1;
      witnesses.set(String(data.memoryId), count);
      if (count > shapeLimits.witnesses) return 'data.memoryId: too many events wrote this memory';
    }
    if (turnId === null || typeof data.userTurnSeq !== 'number') return null;
    const turns = versions.get(data.userTurnSeq) ?? new Set();
    versions.set(data.userTurnSeq, turns.add(turnId));
    return turns.size > shapeLimits.versions ? 'data.userTurnSeq: too many turns answer this line' : null;
  }

  return (event) => {
    for (const [name, value] of Object.entries({ at: event.at, n: event.n, ...event.data })) {
      const fault = faultOfField(name, value);
      if (fault) return `${name in event.data ? 'data.' : ''}${name}: ${fault}`;
    }
    if (event.kind === 'changes_proposed') return faultOfProposal(event) ?? faultOfPeople(event);
    return faultOfPeople(event) ?? faultOfCounts(event);
  };
}
