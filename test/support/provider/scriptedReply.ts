import type { Usage } from '../../../scripts/provider/chunks.js';

/**
 * What a scripted provider does next on a stream. Plain data, so that a test may also send it to a provider in
 * another process. A stream whose steps have run out stays open, and silent, until more are pushed.
 */
export type Step =
  | { text: string }
  | { thinking: string }
  /** Any JSON as the data of a frame. */
  | { frame: unknown }
  | { finish: string }
  | { usage: Usage }
  /** An error object inside the stream. */
  | { error: object }
  /** `data: [DONE]`. */
  | { done: true }
  /** Bytes as they are; after each of `cuts`, offsets into them, a new chunk of the body begins. */
  | { bytes: string; encoding?: 'utf8' | 'base64'; cuts?: number[] }
  /** A text of `chars` characters in deltas of `per`, as fast as the reader takes it. */
  | { fill: { chars: number; per: number } }
  /** Tokens that hold the time they were sent at: `<1761234567890.123>`, milliseconds since 1970. */
  | { stamped: { tokens: number; perSecond: number } }
  | { waitMs: number }
  /** Ends the body in order. */
  | { end: true }
  /** Closes the connection in the middle of the body. */
  | { close: true }
  /** Resets the connection (RST). */
  | { reset: true };

export type Reply =
  | { steps: Step[] }
  /** A body that is a text is sent as it is, as HTML unless its headers say otherwise. */
  | { status: number; headers?: Record<string, string>; body?: unknown }
  /** A whole completion with this JSON as its content, as classifiers get it; `afterMs` later, if said. */
  | { json: unknown; afterMs?: number }
  /** A whole completion with this content, whatever it is. */
  | { content: string }
  /** No answer: the connection ends before the headers. */
  | { hangUp: 'close' | 'reset' }
  /** No answer, ever. */
  | { silent: true };

export const someUsage: Usage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };

/** A whole reply of these deltas. */
export function whole(...deltas: string[]): { steps: Step[] } {
  return { steps: [...deltas.map((text) => ({ text })), ...ending()] };
}

/** How a whole reply ends. */
export function ending(reason = 'stop'): Step[] {
  return [{ finish: reason }, { usage: someUsage }, { done: true }, { end: true }];
}

/** A whole reply at a pace: the first delta after `firstMs`, the others `everyMs` apart. */
export function paced(deltas: string[], { firstMs = 0, everyMs }: { firstMs?: number; everyMs: number }) {
  const steps = deltas.flatMap((text, n): Step[] => [{ waitMs: n === 0 ? firstMs : everyMs }, { text }]);
  return { steps: [...steps, ...ending()] };
}

/** A whole reply of stamped tokens, for measuring. */
export function stamped(options: { tokens: number; perSecond: number; firstMs?: number }): { steps: Step[] } {
  const { tokens, perSecond, firstMs = 0 } = options;
  return { steps: [{ waitMs: firstMs }, { stamped: { tokens, perSecond } }, ...ending()] };
}

/** The times in a text of stamped tokens. */
export function readStamps(text: string): number[] {
  return [...text.matchAll(/<(\d+\.\d+)>/g)].map(([, at]) => Number(at));
}

/** Milliseconds since 1970, to the microsecond, comparable between processes of one machine. */
export function preciseNow(): number {
  return performance.timeOrigin + performance.now();
}
