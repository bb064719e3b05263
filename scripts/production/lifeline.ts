import { spawn } from 'node:child_process';

/** Runs by itself, so it is plain JavaScript: waits for its pipe to close, then kills what was started in the folder. */
const script = `
  const fs = require('node:fs');
  const folder = process.argv[1];
  const read = (pid, name) => { try { return fs.readFileSync('/proc/' + pid + '/' + name, 'utf8'); } catch { return ''; } };
  const place = (pid) => { try { return fs.readlinkSync('/proc/' + pid + '/cwd'); } catch { return ''; } };
  const belongs = (pid) => [read(pid, 'cmdline'), read(pid, 'environ'), place(pid)].some((text) => text.includes(folder));
  process.stdin.resume().on('close', () => {
    for (const pid of fs.readdirSync('/proc')) {
      if (!/^[0-9]+$/.test(pid) || Number(pid) === process.pid || !belongs(pid)) continue;
      try { process.kill(Number(pid), 'SIGKILL'); } catch {}
    }
    fs.rmSync(folder, { recursive: true, force: true });
  });
`;

/**
 * Kills the processes of a run, and removes its folder, when this process is killed before it has closed them. They name
 * the folder on their command line, in their environment (TMPDIR) or as their working directory. Returns a function that
 * ends this watch.
 */
export function tieFolder(folder: string): () => void {
  const lifeline = spawn(process.execPath, ['-e', script, folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: {},
  });
  lifeline.unref();
  return () => void lifeline.kill('SIGKILL');
}
