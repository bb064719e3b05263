/**
 * A signal that is aborted with `signal` or after `withinMs`. `end` stops the timer. Not `AbortSignal.any` with
 * `AbortSignal.timeout`: Node 20 collects a timeout that only `any` refers to, and then it never fires.
 */
export function bounded(signal: AbortSignal, withinMs: number): { signal: AbortSignal; end: () => void } {
  const bound = new AbortController();
  const pass = () => bound.abort(signal.reason);
  const late = setTimeout(() => bound.abort(new DOMException('the time limit was exceeded', 'TimeoutError')), withinMs);
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

/** Runs `work` with a bounded signal, and stops the timer when it has ended. */
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
