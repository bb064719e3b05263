import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { type ChunkMaker, DONE, sseFrame } from '../../../scripts/provider/chunks.js';
import { eventStream } from '../../../scripts/provider/http.js';
import { preciseNow, type Step } from './scriptedReply.js';

type StepName = Step extends infer S ? (S extends S ? keyof S : never) : never;

/** One answer being streamed: carries steps out one after the other. */
export type ScriptedStream = {
  /** Resolves when the steps have been carried out and their bytes given to the kernel, or the client is gone. */
  push(...steps: Step[]): Promise<void>;
  /** Names of the steps carried out so far. */
  did: string[];
};

export function createScriptedStream(response: ServerResponse, chunks: ChunkMaker): ScriptedStream {
  const did: string[] = [];
  let last = Promise.resolve();

  const carryOut = async (step: Step) => {
    if (response.destroyed || response.writableEnded) return;
    if (!response.headersSent) {
      response.writeHead(200, eventStream);
      response.flushHeaders();
    }
    await perform(response, chunks, step);
    did.push(nameOf(step));
  };
  return {
    did,
    push(...steps) {
      for (const step of steps) last = last.then(() => carryOut(step));
      return last;
    },
  };
}

const nameOf = (step: Step) => Object.keys(step)[0] as StepName;

async function perform(response: ServerResponse, chunks: ChunkMaker, step: Step): Promise<void> {
  if ('text' in step) return write(response, sseFrame(chunks.text(step.text)));
  if ('thinking' in step) return write(response, sseFrame(chunks.thinking(step.thinking)));
  if ('frame' in step) return write(response, sseFrame(step.frame));
  if ('finish' in step) return write(response, sseFrame(chunks.finish(step.finish)));
  if ('usage' in step) return write(response, sseFrame(chunks.usage(step.usage)));
  if ('error' in step) return write(response, sseFrame({ error: step.error }));
  if ('done' in step) return write(response, DONE);
  if ('bytes' in step) return writeCut(response, Buffer.from(step.bytes, step.encoding ?? 'utf8'), step.cuts ?? []);
  if ('fill' in step) return fill(response, chunks, step.fill);
  if ('stamped' in step) return stamp(response, chunks, step.stamped);
  if ('waitMs' in step) return pause(response, step.waitMs);
  if ('end' in step) return void response.end();
  if ('close' in step) return void response.socket?.destroy();
  response.socket?.resetAndDestroy();
}

/** Resolves once the kernel has the bytes, or the connection is gone. */
function write(response: ServerResponse, bytes: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => response.write(bytes, () => resolve()));
}

/** Each piece is a chunk of the body to whoever parses the HTTP, however the packets fall. */
async function writeCut(response: ServerResponse, bytes: Buffer, cuts: number[]): Promise<void> {
  const edges = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  for (const [n, from] of edges.entries()) {
    const piece = bytes.subarray(from, edges[n + 1] ?? bytes.length);
    if (piece.length > 0) await write(response, piece);
  }
}

async function fill(response: ServerResponse, chunks: ChunkMaker, { chars, per }: { chars: number; per: number }) {
  const frame = (size: number) => sseFrame(chunks.text('x'.repeat(size)));
  const full = frame(per);
  for (let left = chars; left > 0 && !response.destroyed; left -= per) {
    const taken = response.write(left < per ? frame(left) : full);
    if (!taken) await drained(response);
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      response.off('drain', go).off('close', go);
      resolve();
    };
    response.on('drain', go).on('close', go);
  });
}

/** Keeps to the pace over the whole stream: a late token does not delay those after it. */
async function stamp(response: ServerResponse, chunks: ChunkMaker, options: { tokens: number; perSecond: number }) {
  const [before = '', after = ''] = sseFrame(chunks.text('|')).split('|');
  const start = performance.now();
  for (let n = 0; n < options.tokens && !response.destroyed; n++) {
    const due = start + (n * 1000) / options.perSecond - performance.now();
    if (due > 0) await wait(due);
    response.write(`${before}<${preciseNow().toFixed(3)}>${after}`);
  }
}

async function pause(response: ServerResponse, ms: number): Promise<void> {
  const gone = new AbortController();
  const leave = () => gone.abort();
  response.once('close', leave);
  try {
    await wait(ms, undefined, { signal: gone.signal });
  } catch {
    // the client is gone: there is nobody to wait for
  } finally {
    response.off('close', leave);
  }
}
