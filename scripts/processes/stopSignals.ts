import { readFileSync } from 'node:fs';
import { StartAborted } from '../start/failure.js';

/** Signals within this time are one request: npm forwards the Ctrl-C that the terminal already sent. */
const sameRequestMs = 1_000;

export type StopSignals = {
  signal: AbortSignal;
  /** Resolves at the first request. */
  requested: Promise<void>;
  /** Sets the listener for a second request, which stops everything at once. */
  onSecond: (listener: () => void) => void;
};

/** Turns SIGINT, SIGTERM, SIGHUP and the end of the `npm start` around this process into a request to stop. */
export function stopSignals(): StopSignals {
  const stop = new AbortController();
  let secondListener = () => {};
  let firstAt = 0;
  const request = (why: string) => {
    if (!stop.signal.aborted) {
      firstAt = Date.now();
      stop.abort(new StartAborted(why));
    } else if (Date.now() - firstAt > sameRequestMs) {
      secondListener();
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => request(signal));
  watchParent(() => stop.signal.aborted || request('npm ended'));
  const requested = new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve()));
  return {
    signal: stop.signal,
    requested,
    onSecond: (listener) => {
      secondListener = listener;
    },
  };
}

/** A killed npm forwards no signal. Without this the launcher would run on without a terminal. */
function watchParent(ended: () => void): void {
  if (process.env.npm_lifecycle_event !== 'start') return;
  const before = ancestors();
  setInterval(() => ancestors() !== before && ended(), 500).unref();
}

/** The parent's pid, and the grandparent's too if npm runs this process through a shell, which outlives npm. */
function ancestors(): string {
  try {
    // Fields: pid, command name in parentheses, state, parent's pid.
    const [, name, grandparent] = /\((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${process.ppid}/stat`, 'utf8')) ?? [];
    return name?.endsWith('sh') ? `${process.ppid} ${grandparent}` : `${process.ppid}`;
  } catch {
    return `${process.ppid}`;
  }
}
