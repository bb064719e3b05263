import type { Dice } from '../dice.js';
import type { Stage } from '../stage.js';
import type { Book } from '../traffic/book.js';
import type { Recovery } from '../traffic/recovery.js';

/** What a fault may use, and where it says what it saw. */
export type Scene = {
  stage: Stage;
  book: Book;
  recovery: Recovery;
  dice: Dice;
  figures: Figures;
  /** Aborted when the run is over: a fault then heals what it did, and ends. */
  signal: AbortSignal;
};

/** Milliseconds from a client's cancel to the end of the provider's connection. */
export type Figures = { cancelToClosed: number[]; cancelNeverClosed: string[] };

/** Fired only where its effect was seen; `saw` says what that was, or why there was none. */
export type Outcome = { fired: boolean; saw: string };

export type Fault = {
  name: string;
  weight: number;
  /** Two faults on one target never run at once. */
  target: string;
  run(scene: Scene): Promise<Outcome>;
};

export const fired = (saw: string): Outcome => ({ fired: true, saw });
export const missed = (saw: string): Outcome => ({ fired: false, saw });
