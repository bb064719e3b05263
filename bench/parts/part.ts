import type { Section } from '../report.js';
import type { Stage } from '../stage.js';

export type PartOptions = { quick: boolean; streams?: number[] | undefined; say: (line: string) => void };

/** One part of a run: measures both on the stage, and says what it saw. */
export type Part = (stage: Stage, options: PartOptions) => Promise<Section[]>;
