import { hasEnded } from '../../domain/turns/endStatus.js';
import { type EncodedFrame, encodeFrame } from '../sinks/sink.js';
import type { TurnStatusReport } from './feedReads.js';

/** The status of one chat's turns that have not ended. */
export type Statuses = {
  /** Grows with each status that is sent. */
  readonly version: number;
  /** Reads the turn's status and sends it if it is new. Changes during a read lead to one more read. */
  changed(turnId: string): void;
  /** The newest status of each turn that was sent after a version. */
  since(version: number): EncodedFrame[];
  /** Reads all turns whose end was not sent: notifications may have been lost. */
  refresh(): void;
  /** The turn has ended in the log. Later viewers need no status of it. */
  forget(turnId: string): void;
  close(): void;
};

export type StatusesOptions = {
  read(turnId: string): Promise<TurnStatusReport | null>;
  send(frame: EncodedFrame): void;
  onError(error: unknown): void;
};

export function createStatuses({ read, send, onError }: StatusesOptions): Statuses {
  const current = new Map<string, { frame: EncodedFrame; json: string; version: number }>();
  /** Turns that have ended in the log, and whose last status was not sent yet. */
  const ending = new Set<string>();
  /** Turns that are being read, and whether they changed since. */
  const reading = new Map<string, { changed: boolean }>();
  let version = 0;
  let closed = false;

  function apply(turnId: string, report: TurnStatusReport | null) {
    if (!report || hasEnded(report)) ending.delete(turnId);
    const json = JSON.stringify(report);
    if (closed || !report || json === current.get(turnId)?.json) return;
    const frame = encodeFrame({ type: 'status', ...report });
    version += 1;
    if (hasEnded(report)) current.delete(turnId);
    else current.set(turnId, { frame, json, version });
    send(frame);
  }

  function changed(turnId: string) {
    const running = reading.get(turnId);
    if (running) running.changed = true;
    else void readWhileChanged(turnId);
  }

  async function readWhileChanged(turnId: string) {
    const running = { changed: false };
    reading.set(turnId, running);
    do {
      running.changed = false;
      await read(turnId).then((report) => apply(turnId, report), onError);
    } while (running.changed && !closed);
    reading.delete(turnId);
  }

  return {
    get version() {
      return version;
    },
    changed,
    since: (seen) => [...current.values()].filter((entry) => entry.version > seen).map((entry) => entry.frame),
    refresh() {
      for (const turnId of [...current.keys(), ...ending]) changed(turnId);
    },
    forget(turnId) {
      if (current.delete(turnId)) ending.add(turnId);
    },
    close() {
      closed = true;
    },
  };
}
