import type { Db } from '../../db/core/pool.js';
import { refusesData } from '../../db/core/unavailable.js';
import { type CallSoFar, type Checkpointed, type Chunk, writeCheckpoints } from '../../db/streaming/checkpoints.js';
import type { DraftKey } from '../../domain/log/frames.js';

/** Called when the checkpoint of a stream was written or refused. */
export type CheckpointListener = {
  /** A newer attempt holds the lease, or the reply is closed: nothing more of this stream may be written. */
  fenceLost(fence: number): void;
  stopMarked(): void;
  /** Postgres cannot store the data. Nothing more of this stream is written. */
  refused(error: unknown): void;
};

export type Checkpointer = {
  /** Adds text to the next checkpoint of its stream. `call` is asked when the checkpoint is written. */
  add(piece: Pending): void;
  /** Writes under this fence from now on. */
  register(key: DraftKey, fence: number, listener: CheckpointListener): void;
  /** Drops unwritten text, which has landed or is no longer needed. */
  forget(key: DraftKey): void;
  /** Resolves when all text added so far is written; rejects when Postgres is away. */
  flush(key: DraftKey): Promise<void>;
  /** Streams whose checkpoints are kept. */
  size(): number;
};

/** The shortest pause between writes. With the write itself, a checkpoint then follows its token within 100 to 250 ms. */
export const CHECKPOINT_EVERY_MS = 150;
/** The longest pause between writes. */
const SLOWEST_CHECKPOINT_MS = 500;
/** The pause in multiples of what the last write took: with many streams, writes take a fifth of the time at most. */
const PAUSE_PER_WRITE = 4;
/** The most text in one statement, in UTF-16 code units. */
const MAX_STATEMENT_UNITS = 4 * 1024 * 1024;

type Piece = Omit<Chunk, 'fence'>;
type Pending = Omit<Piece, 'call'> & { call?: (() => CallSoFar) | undefined };
type Kept = { key: DraftKey; fence: number; listener: CheckpointListener; pending: Pending[] };

const idOf = (key: DraftKey) => `${key.turnId}/${key.beat}`;

/** Shared by all streams of a worker, whose checkpoints are written in one statement. */
export function createCheckpointer(
  db: Db,
  onError: (error: unknown) => void,
  /** The duration of a statement, in seconds. */
  onWritten: (seconds: number) => void = () => {},
): Checkpointer {
  const streams = new Map<string, Kept>();
  let _timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let pauseMs = CHECKPOINT_EVERY_MS;

  const schedule = () => {
    _timer ??= setTimeout(() => {
      _timer = undefined;
      write().catch((error) => {
        onError(error);
        schedule();
      });
    }, pauseMs);
  };

  /** Writes run one after another, so that the pieces of a stream stay in order. */
  const write = () => {
    const next = writing.catch(() => {}).then(writeOnce);
    writing = next;
    return next;
  };

  /**
   * Writes the pieces taken. Where Postgres refuses the data, each stream is written alone, so that one stream does not
   * block the others.
   */
  async function writeTaken(taken: Taken[]): Promise<void> {
    const chunks = taken.flatMap(({ fence, pieces }) => pieces.map((piece) => ({ ...piece, fence })));
    try {
      settle(taken, await writeCheckpoints(db, chunks));
    } catch (error) {
      if (!refusesData(error)) throw error;
      if (taken.length > 1) for (const one of taken) await writeTaken([one]);
      else for (const { kept } of taken) refuse(kept, error);
    }
  }

  /** Flushes only what is pending at the start; otherwise this loop may never finish. */
  async function writeOnce(): Promise<void> {
    const due = new Set([...streams.values()].filter(({ pending }) => pending.length > 0));
    for (let taken = take(due); taken.length > 0; taken = take(due)) {
      const begunAt = performance.now();
      await writeTaken(taken);
      const tookMs = performance.now() - begunAt;
      pauseMs = Math.min(Math.max(CHECKPOINT_EVERY_MS, PAUSE_PER_WRITE * tookMs), SLOWEST_CHECKPOINT_MS);
      onWritten(tookMs / 1_000);
    }
  }

  return {
    register(key, fence, listener) {
      const before = streams.get(idOf(key));
      if (before) Object.assign(before, { fence, listener });
      else streams.set(idOf(key), { key, fence, listener, pending: [] });
    },
    add(piece) {
      const kept = streams.get(idOf(piece));
      if (!kept) return;
      appendPiece(kept.pending, piece);
      schedule();
    },
    forget(key) {
      const kept = streams.get(idOf(key));
      if (kept) kept.pending = [];
      streams.delete(idOf(key));
    },
    async flush(key) {
      if (streams.get(idOf(key))?.pending.length) await write();
    },
    size: () => streams.size,
  };
}

type Taken = { kept: Kept; fence: number; pieces: Piece[] };

/** Neighbouring tokens become one piece. */
function appendPiece(pending: Pending[], piece: Pending): void {
  const last = pending.at(-1);
  const joins =
    last &&
    last.channel === piece.channel &&
    last.epoch === piece.epoch &&
    last.offset + last.text.length === piece.offset &&
    last.text.length < MAX_STATEMENT_UNITS;
  if (!joins) {
    pending.push({ ...piece });
    return;
  }
  last.text += piece.text;
  last.sequence = piece.sequence ?? last.sequence;
  last.call = piece.call ?? last.call;
}

/** Takes as many pending pieces as fit into one statement. */
function take(due: Set<Kept>): Taken[] {
  const taken: Taken[] = [];
  let units = 0;
  for (const kept of due) {
    if (units > MAX_STATEMENT_UNITS) break;
    due.delete(kept);
    if (kept.pending.length === 0) continue;
    // Copies, because a piece may grow while it is written.
    const pieces = kept.pending.map((piece): Piece => ({ ...piece, call: piece.call?.() }));
    units += pieces.reduce((sum, piece) => sum + piece.text.length, 0);
    // They stay in `pending` until they are written, so that a failed statement loses nothing.
    taken.push({ kept, fence: kept.fence, pieces });
  }
  return taken;
}

function refuse(kept: Kept, error: unknown): void {
  kept.pending = [];
  kept.listener.refused(error);
}

function settle(taken: Taken[], answer: Checkpointed[]): void {
  for (const { kept, fence, pieces } of taken) {
    const written = answer.find((row) => row.turnId === kept.key.turnId && row.beat === kept.key.beat);
    if (written) {
      removeWritten(kept, pieces);
      if (written.stop) kept.listener.stopMarked();
    } else if (kept.fence === fence) {
      kept.pending = [];
      kept.listener.fenceLost(fence);
    }
  }
}

/** A piece may have grown while it was written. The added text stays pending. */
function removeWritten(kept: Kept, pieces: Piece[]): void {
  const last = pieces.at(-1);
  const grown = kept.pending[pieces.length - 1];
  const rest = kept.pending.slice(pieces.length);
  const added = last && grown ? grown.text.slice(last.text.length) : '';
  kept.pending =
    added && grown && last ? [{ ...grown, offset: last.offset + last.text.length, text: added }, ...rest] : rest;
}
