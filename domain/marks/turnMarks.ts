import type { ViewerFrame } from '../log/frames.js';
import { type BeatMarks, createBeatMarks } from './beatMarks.js';
import type { MarkCursor } from './cursor.js';
import type { LandedBeat, Mark, TurnEnd, WaitingCall } from './mark.js';
import { createOrdinals } from './ordinals.js';

export type TurnMarksOptions = {
  turnId: string;
  /** The epochs of beats that landed long ago, whose events come without them. */
  epochs?: ReadonlyMap<number, number>;
  /** Where the viewer was when it left; null for a new one. */
  cursor?: MarkCursor | null;
  /**
   * Whether an item continues where the next draft repeats what a lost one had of it; the default. Then what an item is
   * called depends on the drafts that its viewer has seen. Otherwise each draft has items of its own, and ids and cursors
   * depend on the log alone.
   */
  continues?: boolean;
};

/**
 * Makes the marks of one turn from the frames that a viewer of its chat gets, in their order. It gives all marks of the
 * turn, also those before the cursor: a dialect leaves out what its viewer has.
 */
export type TurnMarks = {
  begin(): Mark[];
  /** `epoch`: of the draft that an event ends; 0 where that is not known. */
  take(frame: ViewerFrame, landed?: { epoch?: number | undefined }): Mark[];
  approval(calls: readonly WaitingCall[]): Mark[];
  /** Nothing more of the reply comes. */
  end(end: TurnEnd): Mark[];
};

export function createTurnMarks(options: TurnMarksOptions): TurnMarks {
  const { turnId, epochs = new Map(), cursor = null, continues = true } = options;
  const beats = new Map<number, BeatMarks>();
  const ordinals = createOrdinals(cursor);

  function beatOf(beat: number): BeatMarks {
    const known = beats.get(beat) ?? createBeatMarks(beat, ordinals, continues);
    beats.set(beat, known);
    return known;
  }

  function land(frame: Extract<ViewerFrame, { type: 'event'; kind: 'assistant_turn' }>, epoch: number): Mark[] {
    const { beat, speakerId, text, truncated, model, usage, error } = frame.data;
    const marks = beatOf(beat).land(frame.data, epoch || (epochs.get(beat) ?? 1));
    const landed: LandedBeat = { beat, speakerId, text, truncated, model, usage, error, seq: frame.seq, at: frame.at };
    return [...marks, { type: 'beatLanded', beat: landed }];
  }

  return {
    begin: () => [{ type: 'opened' }],
    take(frame, { epoch = 0 } = {}) {
      if (!('turnId' in frame) || frame.turnId !== turnId) return [];
      switch (frame.type) {
        case 'draft':
        case 'token':
          return beatOf(frame.beat).speak(frame);
        case 'restart':
          beatOf(frame.beat).restart(frame.epoch);
          return [];
        case 'step':
          return beatOf(0).step(frame.step);
        case 'event':
          return frame.kind === 'assistant_turn' ? land(frame, epoch) : [];
        case 'status':
        case 'heartbeat':
        case 'meta':
          return [];
      }
    },
    approval: (calls) => [{ type: 'approval', calls }],
    end(end) {
      const last = [...beats.values()].flatMap((beat) => (end.status === 'waiting' ? beat.pause() : beat.drop()));
      return [...last, ...ordinals.rest(), { type: 'ended', end }];
    },
  };
}
