import { createWriteStream, existsSync, openSync, renameSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

const keepBytes = 20 * 1024 * 1024;
const burst = { lines: 10, everyMs: 5_000 };
const warning = 40;

/** Opens a log that a child writes itself, so that the log continues if the launcher dies. */
export function openLog(file: string): number {
  rotate(file);
  return openSync(file, 'a', 0o600);
}

/**
 * Writes a child's lines to a file. Shows warnings, errors and lines that are no log lines (a stack trace) on the console,
 * at most a few in each interval.
 */
export function createLineLog(file: string, name: string, say: (line: string) => void) {
  rotate(file);
  const out = createWriteStream(file, { flags: 'a', mode: 0o600 });
  // A full disk must not end the service.
  out.on('error', (error) => say(`${name}: the log can't be written: ${error.message}`));
  const show = rateLimited(burst, (dropped) => say(`${name}: ${dropped} more lines in ${file}`));
  return {
    line(line: string, from: 'stdout' | 'stderr') {
      out.write(`${line}\n`);
      const shown = consoleLine(line, from);
      if (shown !== null) show(() => say(`${name}: ${shown}`));
    },
    close: () => void out.end(),
  };
}

/** A log line as shown on the console, or null when it is not to be shown. */
export function consoleLine(line: string, from: 'stdout' | 'stderr'): string | null {
  if (!line.startsWith('{')) return from === 'stderr' && line.trim() ? line : null;
  try {
    const entry = JSON.parse(line) as { level?: unknown; msg?: unknown; err?: { message?: unknown } };
    if (typeof entry.level !== 'number' || entry.level < warning) return null;
    return [entry.msg, entry.err?.message].filter((part) => typeof part === 'string' && part).join(': ') || line;
  } catch {
    return from === 'stderr' ? line : null;
  }
}

function rateLimited(limit: typeof burst, dropped: (count: number) => void) {
  let since = 0;
  let count = 0;
  return (show: () => void) => {
    if (Date.now() - since > limit.everyMs) {
      if (count > limit.lines) dropped(count - limit.lines);
      since = Date.now();
      count = 0;
    }
    if (++count <= limit.lines) show();
  };
}

/** The end of a log, for an error message. */
export async function tailOf(file: string, lines = 12): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}

function rotate(file: string): void {
  if (existsSync(file) && statSync(file).size > keepBytes) renameSync(file, `${file}.1`);
}
