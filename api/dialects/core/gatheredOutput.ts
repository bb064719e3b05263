import type { Mark } from '../../../domain/marks/mark.js';
import type { MarkOutput } from './followTurn.js';

/** Sends the marks up to now at once, for an output that begins with what there is. Later marks go through as they come. */
export function createGatheredOutput(output: MarkOutput): MarkOutput {
  let held: Mark[] | null = [];

  function release() {
    const marks = held;
    held = null;
    if (marks && marks.length > 0) output.send(marks);
  }

  return {
    get closed() {
      return output.closed;
    },
    bufferedBytes: output.bufferedBytes,
    drained: output.drained,
    onClosed: output.onClosed,
    close: output.close,
    caughtUp: release,
    send(marks) {
      if (held) held.push(...marks);
      else output.send(marks);
    },
    end() {
      release();
      output.end();
    },
  };
}
