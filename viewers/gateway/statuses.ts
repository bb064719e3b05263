import type { TurnStatus } from '../../domain/turns/turn.js';
import { type EncodedFrame, encodeFrame } from '../sinks/sink.js';
import type { TurnStatusReport } from './feedReads.js';

/** What the turns of one chat that have not ended are doing. */
export type Statuses = {
  readonly version: number;
  /** Reads the turn's status and tells the viewers; many changes at once are read once. */
  changed(turnId: string): void;
  /** The frames that came after a version. */
  since(version: number): EncodedFrame[];
  /** Reads anew all that have not ended as far as is known: something may have gone unheard. */
  refresh(): void;
  forget(turnId: string): void;
  close(): void;
};

export type StatusesOptions = {
  read(turnId: string): Promise<TurnStatusReport | null>;
  tell(frame: EncodedFrame): void;
  onError(error: unknown): void;
};

const ended = new Set<TurnStatus>(['completed', 'cancelled', 'failed']);

export function createStatuses({ read, tell, onError }: StatusesOptions): Statuses {
  const current = new Map<string, { frame: EncodedFrame; json: string; version: number }>();
  /** Turns being read; true when they changed meanwhile. */
  const reading = new Map<string, boolean>();
  let version = 0;
  let closed = false;

  function take(turnId: string, report: TurnStatusReport | null) {
    const json = JSON.stringify(report);
    if (closed || !report || json === current.get(turnId)?.json) return;
    const frame = encodeFrame({ type: 'status', ...report });
    version += 1;
    if (ended.has(report.status)) current.delete(turnId);
    else current.set(turnId, { frame, json, version });
    tell(frame);
  }

  function changed(turnId: string) {
    if (reading.has(turnId)) {
      reading.set(turnId, true);
      return;
    }
    reading.set(turnId, false);
    read(turnId)
      .then((report) => take(turnId, report), onError)
      .finally(() => {
        const again = reading.get(turnId);
        reading.delete(turnId);
        if (again && !closed) changed(turnId);
      });
  }

  return {
    get version() {
      return version;
    },
    changed,
    since: (seen) => [...current.values()].filter((entry) => entry.version > seen).map((entry) => entry.frame),
    refresh() {
      for (const turnId of current.keys()) changed(turnId);
    },
    forget: (turnId) => void current.delete(turnId),
    close() {
      closed = true;
    },
  };
}
