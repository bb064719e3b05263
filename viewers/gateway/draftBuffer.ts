import type { AgentStep } from '../../domain/log/events.js';
import type { Channel, DraftKey } from '../../domain/log/frames.js';
import type { WireToken } from '../wire/wire.js';
import {
  type Attempt,
  accepts,
  attemptWrote,
  type DraftState,
  draftLanded,
  emptyDraft,
  gapClosed,
  gapOpened,
  leaseRead,
} from './draftState.js';
import { createTextBuffer, type TextBuffer } from './textBuffer.js';

/** A piece of a draft's text, from the wire or from a checkpoint. */
export type DraftPiece = Attempt & Pick<WireToken, 'channel' | 'offset' | 'text'>;

/** A step of an agent's draft. `offset`: where its text begins in its channel, null for a step without text. */
export type StepMark = { offset: number | null; step: AgentStep };
export type DraftStep = StepMark & Attempt;

/** `refused`: of an older fence or epoch. `held`: it lies beyond missing text, and waits for it or is dropped. */
export type Applied = 'refused' | 'duplicate' | 'appended' | 'held';

/** The text of one reply in flight, in its current epoch. All viewers of the chat read from it. */
export type DraftBuffer = DraftKey & {
  readonly speakerId: string;
  readonly state: DraftState;
  applyPiece(piece: DraftPiece): Applied;
  applyStep(step: DraftStep): Applied;
  /** Takes the fence and the epoch of the draft's row in Postgres. */
  applyLease(row: Attempt): void;
  /** The beat is over: nothing is accepted from now on. */
  land(): void;
  /** The steps in order of their index. Only an agent's reply has any. */
  steps(): readonly StepMark[];
  length(channel: Channel): number;
  /** At most `max` code units from `from` on. */
  read(channel: Channel, from: number, max: number): string;
  all(channel: Channel): string;
};

/** Pieces beyond these limits are dropped: the checkpoints have them too. */
const maxHeldLength = 1024 * 1024;
const maxHeldPieces = 4_096;

type HeldPiece = { offset: number; text: string };
type ChannelText = { buffer: TextBuffer; held: HeldPiece[] };
const emptyTexts = (): Record<Channel, ChannelText> => ({
  text: { buffer: createTextBuffer(), held: [] },
  thinking: { buffer: createTextBuffer(), held: [] },
});

export function createDraftBuffer(key: DraftKey, speakerId: string): DraftBuffer {
  let state = emptyDraft;
  let texts = emptyTexts();
  let heldLength = 0;
  let heldPieces = 0;
  let steps: StepMark[] = [];

  function enter(next: DraftState) {
    if (next.epoch !== state.epoch) {
      texts = emptyTexts();
      heldLength = 0;
      heldPieces = 0;
      // Steps that came before the first text belong to the first epoch.
      if (state.epoch > 0) steps = [];
    }
    state = next;
  }

  function hold({ held }: ChannelText, { offset, text }: DraftPiece) {
    if (heldPieces >= maxHeldPieces || heldLength + text.length > maxHeldLength) return;
    heldPieces += 1;
    heldLength += text.length;
    // Pieces mostly come in order, so that the search from the end is short.
    const at = held.findLastIndex((other) => other.offset <= offset);
    held.splice(at + 1, 0, { offset, text });
    enter(gapOpened(state));
  }

  /** Appends the held pieces that the text has reached. */
  function appendHeld({ buffer, held }: ChannelText) {
    let count = 0;
    for (const { offset, text } of held) {
      if (offset > buffer.length) break;
      count += 1;
      heldLength -= text.length;
      if (offset + text.length > buffer.length) buffer.append(text.slice(buffer.length - offset));
    }
    heldPieces -= count;
    held.splice(0, count);
    if (heldPieces === 0) enter(gapClosed(state));
  }

  return {
    ...key,
    speakerId,
    get state() {
      return state;
    },
    applyPiece(piece) {
      if (!accepts(state, piece)) return 'refused';
      enter(attemptWrote(state, piece));
      const channel = texts[piece.channel];
      const { buffer } = channel;
      if (piece.offset > buffer.length) {
        hold(channel, piece);
        return 'held';
      }
      const unseen = piece.text.slice(buffer.length - piece.offset);
      if (unseen === '') return 'duplicate';
      buffer.append(unseen);
      if (heldPieces > 0) appendHeld(channel);
      return 'appended';
    },
    applyStep(item) {
      if (!accepts(state, item)) return 'refused';
      enter(attemptWrote(state, item));
      const { step, offset } = item;
      const at = steps.findIndex((known) => known.step.index >= step.index);
      const same = steps[at]?.step.index === step.index;
      if (same && steps[at]?.step.type === step.type && steps[at]?.offset === offset) return 'duplicate';
      if (at < 0) steps.push({ step, offset });
      else steps.splice(at, same ? 1 : 0, { step, offset });
      return 'appended';
    },
    applyLease: (row) => enter(leaseRead(state, row)),
    land: () => enter(draftLanded(state)),
    steps: () => steps,
    length: (channel) => texts[channel].buffer.length,
    read: (channel, from, max) => texts[channel].buffer.read(from, max),
    all: (channel) => texts[channel].buffer.all(),
  };
}
