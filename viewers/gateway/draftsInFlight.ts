import type { DraftMore, DraftState as DraftRow, DraftWant } from '../../db/timeline/feed.js';
import { ASSISTANT } from '../../domain/narrative/participants.js';
import type { WireStep, WireToken } from '../wire/wire.js';
import { type DraftTimes, isReadDue } from './checkpointSchedule.js';
import { beatKey } from './deliveredDrafts.js';
import { createDraftBuffer, type DraftBuffer } from './draftBuffer.js';
import type { FeedEvent } from './landingFrames.js';

/** So many of the newest beats and turns that have ended are remembered, to refuse late tokens of theirs. */
const maxEnded = 256;

type DraftInFlight = { buffer: DraftBuffer } & DraftTimes;

/** The replies of one chat that are in flight. */
export type DraftsInFlight = {
  buffers(): Iterable<DraftBuffer>;
  /** This and the next three return whether there may be something new for viewers. */
  applyToken(token: WireToken): boolean;
  applyStep(step: WireStep): boolean;
  applyRow(row: DraftRow): boolean;
  applyCheckpoint(checkpoint: DraftMore): boolean;
  /** Opens and ends drafts as the event says. Returns the event with the epoch that viewers are to end with. */
  applyEvent(event: FeedEvent): FeedEvent;
  /** The beat is over: nothing more of it is accepted. Returns what was held of its draft. */
  endBeat(turnId: string, beat: number): DraftBuffer | undefined;
  /** The drafts to read from their checkpoints now. Each counts as read. */
  takeDueReads(now: number): DraftWant[];
  /** What to read of all drafts, due or not. */
  wants(): DraftWant[];
};

export type DraftsInFlightOptions = {
  now: () => number;
  /** A draft has a gap that it did not have before. */
  onGap: () => void;
  /** The log holds another text of an epoch than was streamed in it. */
  onMismatch: (turnId: string) => void;
};

export function createDraftsInFlight(options: DraftsInFlightOptions): DraftsInFlight {
  const drafts = new Map<string, DraftInFlight>();
  /** Keys of beats, and ids of turns. */
  const ended = new Set<string>();

  /** The draft of a beat, new if need be; undefined when the beat or its turn has ended. */
  function open(turnId: string, beat: number, speakerId: string): DraftInFlight | undefined {
    const key = beatKey(turnId, beat);
    if (ended.has(key) || ended.has(turnId)) return undefined;
    const known = drafts.get(key);
    if (known) return known;
    const now = options.now();
    const buffer = createDraftBuffer({ turnId, beat }, speakerId);
    const draft = { buffer, lastWireAt: now, lastChangeAt: now, lastReadAt: Number.NEGATIVE_INFINITY };
    drafts.set(key, draft);
    return draft;
  }

  function rememberEnded(key: string) {
    ended.add(key);
    if (ended.size > maxEnded) ended.delete(ended.values().next().value!);
  }

  function endBeat(turnId: string, beat: number) {
    const key = beatKey(turnId, beat);
    const buffer = drafts.get(key)?.buffer;
    buffer?.land();
    drafts.delete(key);
    rememberEnded(key);
    return buffer;
  }

  function endTurn(turnId: string) {
    for (const { buffer } of drafts.values()) if (buffer.turnId === turnId) endBeat(turnId, buffer.beat);
    rememberEnded(turnId);
  }

  function applyRow(row: DraftRow) {
    if (row.over) return false;
    const buffer = open(row.turnId, row.beat, row.speakerId)?.buffer;
    const before = buffer?.state.epoch;
    buffer?.applyLease({ fence: row.fence, epoch: row.epoch, reason: row.restartReason });
    return buffer?.state.epoch !== before;
  }

  return {
    buffers: () => [...drafts.values()].map((draft) => draft.buffer),
    applyToken(token) {
      const draft = open(token.turnId, token.beat, token.speakerId);
      if (!draft) return false;
      const { buffer } = draft;
      const before = buffer.state;
      const applied = buffer.applyPiece(token);
      if (applied !== 'refused') draft.lastWireAt = draft.lastChangeAt = options.now();
      if (buffer.state.status === 'gap' && before.status !== 'gap') options.onGap();
      return applied === 'appended' || buffer.state.epoch !== before.epoch;
    },
    applyStep({ turnId, beat, ...step }) {
      const draft = open(turnId, beat, ASSISTANT.id);
      const applied = draft?.buffer.applyStep(step);
      if (draft && applied === 'appended') draft.lastWireAt = draft.lastChangeAt = options.now();
      return applied === 'appended';
    },
    applyRow,
    applyCheckpoint(checkpoint) {
      const { fence, epoch, turnId, beat } = checkpoint;
      const restarted = applyRow(checkpoint);
      const draft = drafts.get(beatKey(turnId, beat));
      if (!draft) return false;
      const steps = checkpoint.steps.map((step) => draft.buffer.applyStep({ ...step, fence, epoch }));
      const pieces = checkpoint.pieces.map((piece) => draft.buffer.applyPiece({ ...piece, fence, epoch }));
      const changed = restarted || steps.includes('appended') || pieces.includes('appended');
      if (changed) draft.lastChangeAt = options.now();
      return changed;
    },
    applyEvent(entry) {
      const { event } = entry;
      if (event.turnId === null) return entry;
      if (event.kind === 'assistant_turn_started') open(event.turnId, event.data.beat, event.data.speakerId);
      if (event.kind === 'turn_completed') endTurn(event.turnId);
      if (event.kind !== 'assistant_turn') return entry;
      const draft = endBeat(event.turnId, event.data.beat);
      if (draft?.state.epoch !== entry.epoch || event.data.text.startsWith(draft.all('text'))) return entry;
      // No known fault leads here. The restart to another epoch still gives viewers the text of the log.
      options.onMismatch(event.turnId);
      return { event, epoch: entry.epoch + 1 };
    },
    endBeat,
    takeDueReads(now) {
      const due = [...drafts.values()].filter((draft) => isReadDue(draft.buffer.state.status, draft, now));
      for (const draft of due) draft.lastReadAt = now;
      return due.map(toWant);
    },
    wants: () => [...drafts.values()].map(toWant),
  };
}

const toWant = ({ buffer }: DraftInFlight): DraftWant => ({
  turnId: buffer.turnId,
  beat: buffer.beat,
  epoch: buffer.state.epoch,
  text: buffer.length('text'),
  thinking: buffer.length('thinking'),
});
