import type { TokenFrame, ViewerFrame } from '../../client/src/index.js';

export type TurnOutcome = { status: string; error?: { code: string; message: string } };

export type TurnPrinter = {
  /** Prints what the frame adds, and gives how the turn ended if it did. Other turns' frames are passed over. */
  frame(frame: ViewerFrame): TurnOutcome | null;
};

/** Writes a turn's frames as a person reads them: text as it comes, and a line wherever a draft is dropped. */
export function createTurnPrinter(turnId: string, write: (text: string) => void): TurnPrinter {
  let beat = -1;
  let epoch = 0;
  let printed = '';

  /** The part of a piece at `offset` that is not printed yet. */
  const piece = (offset: number, text: string) => {
    const fresh = text.slice(Math.max(0, printed.length - offset));
    printed += fresh;
    write(fresh);
  };
  const startOver = (why: string) => {
    if (printed) write(`\n[${why}; the reply starts over]\n`);
    printed = '';
  };
  const token = (frame: Omit<TokenFrame, 'type'>) => {
    if (frame.channel !== 'text' || frame.beat < beat || (frame.beat === beat && frame.epoch < epoch)) return;
    if (frame.beat > beat) nextBeat(frame.beat);
    if (frame.epoch > epoch && epoch > 0) startOver('a new draft');
    epoch = frame.epoch;
    piece(frame.offset, frame.text);
  };
  const nextBeat = (next: number) => {
    if (printed) write('\n\n');
    [beat, epoch, printed] = [next, 0, ''];
  };
  /** The log has the last word: what was lost on the way is printed now. */
  const landed = (text: string, ofBeat: number, truncated: boolean) => {
    if (ofBeat > beat) nextBeat(ofBeat);
    if (!text.startsWith(printed)) startOver('what was sent is not what was kept');
    piece(0, text);
    if (truncated) write(' [truncated]');
  };

  return {
    frame(frame) {
      if (!('turnId' in frame) || frame.turnId !== turnId) return null;
      if (frame.type === 'token' || frame.type === 'draft') token(frame);
      if (frame.type === 'restart' && frame.beat === beat && frame.epoch > epoch) {
        startOver(frame.reason);
        epoch = frame.epoch;
      }
      if (frame.type !== 'event') return null;
      if (frame.kind === 'assistant_turn') landed(frame.data.text, frame.data.beat, frame.data.truncated);
      return frame.kind === 'turn_completed' ? frame.data : null;
    },
  };
}
