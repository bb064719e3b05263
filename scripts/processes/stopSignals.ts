import { readFileSync } from 'node:fs';
import { StartAborted } from '../start/failure.js';

/** npm passes on the Ctrl-C that the terminal has sent us already: both are one. */
const oneMs = 1_000;

export type StopSignals = {
  signal: AbortSignal;
  asked: Promise<void>;
  /** Told of a second request: whoever asks twice does not want to wait. */
  again: (listener: () => void) => void;
};

/** Turns SIGINT, SIGTERM and SIGHUP, and the end of an `npm start` around us, into one request to stop. */
export function stopSignals(): StopSignals {
  const stop = new AbortController();
  let onSecond = () => {};
  let firstAt = 0;
  const ask = (why: string) => {
    if (!stop.signal.aborted) {
      firstAt = Date.now();
      stop.abort(new StartAborted(why));
    } else if (Date.now() - firstAt > oneMs) {
      onSecond();
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ask(signal));
  watchParent(() => stop.signal.aborted || ask('npm ended'));
  const asked = new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve()));
  return {
    signal: stop.signal,
    asked,
    again: (listener) => {
      onSecond = listener;
    },
  };
}

/** A killed npm passes no signal on; nobody could then stop us but by our pid. */
function watchParent(ended: () => void): void {
  if (process.env.npm_lifecycle_event !== 'start') return;
  const before = ancestors();
  setInterval(() => ancestors() !== before && ended(), 500).unref();
}

/** Our parent, and its parent too where npm runs us through a shell, which outlives it. */
function ancestors(): string {
  try {
    // The pid, the command's name in parentheses, the state, the parent.
    const [, name, grandparent] = /\((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${process.ppid}/stat`, 'utf8')) ?? [];
    return name?.endsWith('sh') ? `${process.ppid} ${grandparent}` : `${process.ppid}`;
  } catch {
    return `${process.ppid}`;
  }
}
