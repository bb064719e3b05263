import type { TurnStatus } from './turn.js';

/** The statuses that a turn can end in. This file imports no code, so that the page can use it without the schemas. */
export const endStatuses = ['completed', 'cancelled', 'failed'] as const satisfies TurnStatus[];
export type EndStatus = (typeof endStatuses)[number];

const ended: ReadonlySet<TurnStatus> = new Set(endStatuses);

/** Whether the turn has ended. An ended turn accepts no appends. */
export const hasEnded = ({ status }: { status: TurnStatus }): boolean => ended.has(status);
