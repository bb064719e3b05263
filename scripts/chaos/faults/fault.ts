import type { SeededRandom } from '../seededRandom.js';
import type { Testbed } from '../testbed.js';
import type { Book } from '../traffic/book.js';
import type { Recovery } from '../traffic/recovery.js';

/** What a fault works with and reports to. */
export type FaultContext = {
  testbed: Testbed;
  book: Book;
  recovery: Recovery;
  random: SeededRandom;
  figures: Figures;
  /** Aborted at the end of the run: the fault then undoes its effect and ends. */
  signal: AbortSignal;
};

/** Milliseconds from a client's cancel to the end of the provider's connection. */
export type Figures = { cancelToClosed: number[]; cancelNeverClosed: string[] };

/** `fired`: its effect was observed. `saw`: the effect, or why there was none. */
export type Outcome = { fired: boolean; saw: string };

export type Fault = {
  name: string;
  weight: number;
  /** Faults on the same target never run at the same time. */
  target: string;
  run(context: FaultContext): Promise<Outcome>;
};

export const fired = (saw: string): Outcome => ({ fired: true, saw });
export const missed = (saw: string): Outcome => ({ fired: false, saw });
