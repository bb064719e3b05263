import { parseArgs } from 'node:util';

export type ChaosOptions = {
  minutes: number;
  seed: number;
  api: 'chat' | 'responses';
  chats: number;
  /** How many faults run at the same time. */
  lanes: number;
  /** The longest pause of a lane between two faults, in seconds. */
  pauseSeconds: number;
  /** The length of replies in words. A word takes 25 ms. */
  words: number;
  /** Faults whose names begin with one of these; empty: all. */
  faults: string[];
  /** Seconds after the last fault within which every accepted turn must have ended. */
  quietSeconds: number;
  /** The folder for the report and for the data of breaches. */
  out: string;
};

export const usage =
  'npm run chaos -- --minutes N --seed S [--api chat|responses] [--chats 12] [--lanes 2] [--pause-seconds 2] [--words 80] [--faults kill,stop,…] [--quiet-seconds 120] [--out FOLDER]';

const bounds = { minutes: 600, chats: 200, lanes: 4, pauseSeconds: 600, words: 2_000, quietSeconds: 900 };

/** Reads the arguments. Throws an error that says which values are allowed. */
export function readOptions(args: string[]): ChaosOptions {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: {
      minutes: text,
      seed: text,
      api: text,
      chats: text,
      lanes: text,
      'pause-seconds': text,
      words: text,
      faults: text,
      'quiet-seconds': text,
      out: text,
    },
  });
  const seed = count('seed', values.seed ?? String(Date.now() % 1_000_000), 2 ** 31);
  const api = values.api ?? 'chat';
  if (api !== 'chat' && api !== 'responses') throw new Error(`--api ${api}: must be chat or responses`);
  return {
    minutes: number('minutes', values.minutes ?? '5', bounds.minutes),
    seed,
    api,
    chats: count('chats', values.chats ?? '12', bounds.chats),
    lanes: count('lanes', values.lanes ?? '2', bounds.lanes),
    pauseSeconds: number('pause-seconds', values['pause-seconds'] ?? '2', bounds.pauseSeconds),
    words: count('words', values.words ?? '80', bounds.words),
    faults: values.faults?.split(',').filter(Boolean) ?? [],
    quietSeconds: count('quiet-seconds', values['quiet-seconds'] ?? '120', bounds.quietSeconds),
    out: values.out ?? `.data/chaos/${new Date().toISOString().replace(/[:.]/g, '-')}-seed-${seed}`,
  };
}

/** A positive number up to `most`. */
function number(name: string, value: string, most: number): number {
  const read = Number(value);
  if (!(read > 0 && read <= most)) throw new Error(`--${name} ${value}: must be a number above 0 and up to ${most}`);
  return read;
}

export function count(name: string, value: string, most: number): number {
  const read = number(name, value, most);
  if (!Number.isInteger(read)) throw new Error(`--${name} ${value}: must be a whole number`);
  return read;
}
