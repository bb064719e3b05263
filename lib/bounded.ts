/**
 * A signal that is aborted with `signal`, or after so long. Not `AbortSignal.any` with `AbortSignal.timeout`: Node 20
 * collects a timeout that only `any` knows of, and then it never fires. `end` stops the clock.
 */
export function bounded(signal: AbortSignal, withinMs: number): { signal: AbortSignal; end: () => void } {
  const bound = new AbortController();
  const pass = () => bound.abort(signal.reason);
  const late = setTimeout(() => bound.abort(new DOMException('It took too long', 'TimeoutError')), withinMs);
  if (signal.aborted) pass();
  signal.addEventListener('abort', pass, { once: true });
  return {
    signal: bound.signal,
    end() {
      clearTimeout(late);
      signal.removeEventListener('abort', pass);
    },
  };
}

/** Runs `work` with such a signal, and stops the clock when it has ended. */
export async function runBounded<T>(
  signal: AbortSignal,
  withinMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const bound = bounded(signal, withinMs);
  try {
    return await work(bound.signal);
  } finally {
    bound.end();
  }
}
