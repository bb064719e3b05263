import { readFileSync, type Stats, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { ConfigError } from '../../config.js';
import { isOwnerName } from '../../lib/ownerName.js';
import type { Log } from '../../telemetry/log/log.js';
import type { HashedKey } from './keyList.js';

/** Milliseconds between two looks at the file. File events get lost on network file systems and in containers. */
const lookEveryMs = 1_000;
/** Milliseconds for which a file must not change before it is read. */
const settleMs = 100;
const maxNamedLines = 20;

class KeyFileError extends Error {
  override readonly name = 'KeyFileError';
}

/** A file of keys that is read again when it changes. */
export type KeyFile = {
  keys(): readonly HashedKey[];
  /** Calls back when the list has changed. */
  onChange(changed: () => void): void;
  close(): void;
};

/**
 * The keys of a text with lines `sha256:HEX`, `sha256:HEX:owner` or `sha256:HEX:owner:level`, each with `+stop` if wanted;
 * `#` begins a comment. Throws `KeyFileError`, which names the numbers of the wrong lines and nothing of their text.
 */
export function parseKeyFile(text: string): HashedKey[] {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim());
  const keys = lines.map((line) => (line === '' ? null : parseLine(line)));
  const wrong = keys.flatMap((key, n) => (key === undefined ? [n + 1] : []));
  if (wrong.length > 0) {
    const named = wrong.slice(0, maxNamedLines).join(', ');
    throw new KeyFileError(`must have lines sha256:HEX[:owner[:level]][+stop]; wrong: ${named}`);
  }
  const found = keys.flatMap((key) => key ?? []);
  if (new Set(found.map(({ hash }) => hash.toString('hex'))).size < found.length)
    throw new KeyFileError('must not have the same key twice');
  return found;
}

/** Undefined for a line that is wrong. */
function parseLine(line: string): HashedKey | undefined {
  const stopsOnClose = line.endsWith('+stop');
  const entry = stopsOnClose ? line.slice(0, -'+stop'.length) : line;
  const [, hex = '', owner = 'local', level = '3'] =
    /^sha256:([0-9a-f]{64})(?::([^:]+)(?::([123]))?)?$/i.exec(entry) ?? [];
  if (hex === '' || !isOwnerName(owner)) return undefined;
  return { hash: Buffer.from(hex, 'hex'), owner, level: Number(level), stopsOnClose };
}

/** Reads the file and watches it. A file that can't be used is a `ConfigError` at the start; later the former list stays. */
export function openKeyFile(path: string, log: Pick<Log, 'info' | 'error'>): KeyFile {
  let { keys, version: seen } = readAtStart(path);
  let reported: string | null = null;
  let changed = () => {};
  let looking = false;

  async function look(): Promise<void> {
    const version = await versionOf(path);
    if (version === seen) return;
    // An editor may still write it. If so, the next look finds it.
    await pause(settleMs);
    if ((await versionOf(path)) !== version) return;
    try {
      keys = parseKeyFile(await readFile(path, 'utf8'));
    } catch (err) {
      // Wrong lines stay wrong until the file changes. What could not be read is tried again at the next look.
      if (err instanceof KeyFileError) seen = version;
      if (reported !== version) log.error({ err }, 'API_KEYS_FILE can not be used: the former keys stay');
      reported = version;
      return;
    }
    seen = version;
    log.info({ keys: keys.length }, 'API_KEYS_FILE was read again');
    changed();
  }

  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void look().finally(() => {
      looking = false;
    });
  }, lookEveryMs).unref();
  return {
    keys: () => keys,
    onChange(callback) {
      changed = callback;
    },
    close: () => clearInterval(timer),
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function readAtStart(path: string): { keys: readonly HashedKey[]; version: string } {
  try {
    // The version first: what is written after it is found by the next look.
    const version = nameVersion(statSync(path));
    return { keys: parseKeyFile(readFileSync(path, 'utf8')), version };
  } catch (error) {
    throw new ConfigError(`API_KEYS_FILE: ${error instanceof Error ? error.message : 'can not be read'}`);
  }
}

/** `ctimeMs` changes with the permissions too, and can't be set, as `mtimeMs` can by tools that copy files. */
const nameVersion = ({ ctimeMs, mtimeMs, size, ino }: Stats) => `${ctimeMs}:${mtimeMs}:${size}:${ino}`;

/** A file that is missing has a version too, so that its return is seen. */
const versionOf = (path: string): Promise<string> =>
  stat(path).then(nameVersion, (error: NodeJS.ErrnoException) => `no file: ${error.code}`);
