import type { AgentStep } from '../../domain/log/events.js';
import type { Channel, DraftKey } from '../../domain/log/frames.js';
import { isRestartReason, type RestartReason } from '../../domain/turns/restartReasons.js';
import type { WireToken } from '../wire/wire.js';
import { createPieces, type Pieces } from './pieces.js';

/** A piece of a draft, from the wire or from a checkpoint. */
export type DraftPiece = Pick<WireToken, 'fence' | 'epoch' | 'reason' | 'channel' | 'offset' | 'text'>;

/**
 * What became of a piece. `refused`: of an older fence or epoch. `known`: the text is there already.
 * `held`: it lies beyond a gap, and waits for it to be filled.
 */
export type Taken = 'refused' | 'known' | 'appended' | 'held';

/** The text of one reply in flight, in its current epoch: what every viewer of the chat is given, or catches up to. */
export type DraftBuffer = DraftKey & {
  readonly speakerId: string;
  readonly fence: number;
  readonly epoch: number;
  /** Why this epoch took the place of the one before. */
  readonly reason: RestartReason;
  /** Whether pieces wait for a gap before them to be filled from the checkpoints. */
  readonly gap: boolean;
  take(piece: DraftPiece): Taken;
  takeStep(step: DraftStep): Taken;
  /** The steps that there are, in their order; none but an agent's reply has any. */
  steps(): readonly StepMark[];
  /** Learns from Postgres which attempt may write, and which draft is the current one. */
  learn(row: Attempt): void;
  length(channel: Channel): number;
  read(channel: Channel, from: number, max: number): string;
  all(channel: Channel): string;
};

/** A step, from the wire or from Postgres. */
export type StepMark = { offset: number | null; step: AgentStep };
export type DraftStep = StepMark & Pick<WireToken, 'fence' | 'epoch' | 'reason'>;
type Attempt = Pick<WireToken, 'fence' | 'epoch' | 'reason'>;

/** Beyond this, pieces after a gap are dropped: the checkpoints have them too. */
const maxHeldLength = 1024 * 1024;
const maxHeldPieces = 4_096;

type Held = { offset: number; text: string };
type Text = { pieces: Pieces; held: Held[] };
const emptyTexts = (): Record<Channel, Text> => ({
  text: { pieces: createPieces(), held: [] },
  thinking: { pieces: createPieces(), held: [] },
});

export function createDraftBuffer(key: DraftKey, speakerId: string): DraftBuffer {
  let fence = 0;
  let epoch = 0;
  let reason: RestartReason = 'new_attempt';
  let texts = emptyTexts();
  let heldLength = 0;
  let heldPieces = 0;
  let steps: StepMark[] = [];

  function learn(row: Attempt) {
    if (row.fence > fence) fence = row.fence;
    if (row.epoch <= epoch) return;
    // What was done before anything was said belongs to what is said now.
    if (epoch > 0) steps = [];
    epoch = row.epoch;
    // A newer worker may know reasons that are not known here.
    reason = isRestartReason(row.reason) ? row.reason : 'new_attempt';
    texts = emptyTexts();
    heldLength = 0;
    heldPieces = 0;
  }

  function hold(held: Held[], piece: Held) {
    if (heldPieces >= maxHeldPieces || heldLength + piece.text.length > maxHeldLength) return;
    heldPieces += 1;
    heldLength += piece.text.length;
    // Nearly always the last: pieces mostly come in order.
    const at = held.findLastIndex((other) => other.offset <= piece.offset);
    held.splice(at + 1, 0, piece);
  }

  function absorb({ pieces, held }: Text) {
    let count = 0;
    for (const { offset, text } of held) {
      if (offset > pieces.length) break;
      count += 1;
      heldLength -= text.length;
      if (offset + text.length > pieces.length) pieces.append(text.slice(pieces.length - offset));
    }
    heldPieces -= count;
    held.splice(0, count);
  }

  return {
    ...key,
    speakerId,
    get fence() {
      return fence;
    },
    get epoch() {
      return epoch;
    },
    get reason() {
      return reason;
    },
    get gap() {
      return heldPieces > 0;
    },
    take(piece) {
      if (piece.fence < fence || piece.epoch < epoch) return 'refused';
      learn(piece);
      const channel = texts[piece.channel];
      const { pieces, held } = channel;
      if (piece.offset > pieces.length) {
        hold(held, { offset: piece.offset, text: piece.text });
        return 'held';
      }
      const unseen = piece.text.slice(pieces.length - piece.offset);
      if (unseen === '') return 'known';
      pieces.append(unseen);
      absorb(channel);
      return 'appended';
    },
    takeStep(item) {
      if (item.fence < fence || item.epoch < epoch) return 'refused';
      learn(item);
      const { step, offset } = item;
      const at = steps.findIndex((known) => known.step.index >= step.index);
      const same = steps[at]?.step.index === step.index;
      if (same && steps[at]?.step.type === step.type && steps[at]?.offset === offset) return 'known';
      if (at < 0) steps.push({ step, offset });
      else steps.splice(at, same ? 1 : 0, { step, offset });
      return 'appended';
    },
    steps: () => steps,
    learn,
    length: (channel) => texts[channel].pieces.length,
    read: (channel, from, max) => texts[channel].pieces.read(from, max),
    all: (channel) => texts[channel].pieces.all(),
  };
}
