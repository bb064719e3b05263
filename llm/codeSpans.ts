/** Follows Markdown that arrives in pieces, to know whether its end is within a fence or a code span. Takes linear time. */
export type CodeSpans = { push(text: string): void; isWithin(): boolean };

const FENCE = 3;

export function createCodeSpans(): CodeSpans {
  let inFence = false;
  let inSpan = false;
  let atLineStart = true;
  /** Backticks at the start of the line. */
  let run = 0;

  function takeTick(): void {
    run += atLineStart ? 1 : 0;
    if (atLineStart && run === FENCE) [inFence, inSpan] = [!inFence, false];
    else if (run < FENCE) inSpan = !inSpan;
  }

  return {
    push(text) {
      // The usual text, without a look at each character.
      if (!text.includes('`')) {
        const line = text.lastIndexOf('\n');
        if (line >= 0) [atLineStart, run, inSpan] = [true, 0, false];
        if (text.slice(line + 1).trim() !== '') atLineStart = false;
        return;
      }
      for (const unit of text) {
        if (unit === '\n') [atLineStart, run, inSpan] = [true, 0, false];
        else if (unit === '`') takeTick();
        else if (unit !== ' ' && unit !== '\t' && unit !== '\r') atLineStart = false;
      }
    },
    isWithin: () => inFence || inSpan,
  };
}
