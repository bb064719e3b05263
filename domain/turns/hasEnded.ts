import type { TurnStatus } from './turn.js';

const ended: Record<TurnStatus, boolean> = {
  queued: false,
  running: false,
  awaiting_operator: false,
  completed: true,
  cancelled: true,
  failed: true,
};

/** A turn that has ended takes no more appends. */
export const hasEnded = ({ status }: { status: TurnStatus }): boolean => ended[status];
