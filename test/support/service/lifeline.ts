import { spawn } from 'node:child_process';

/** Runs by itself, so it is plain JavaScript: waits for its pipe to close, ends the service, and clears up after it. */
const script = `
  const [pid, folder] = [Number(process.argv[1]), process.argv[2]];
  const send = (signal) => { try { return process.kill(pid, signal); } catch { return false; } };
  process.stdin.resume().on('close', () => {
    send('SIGTERM');
    const waiting = setInterval(() => {
      if (send(0)) return;
      clearInterval(waiting);
      require('node:fs').rmSync(folder, { recursive: true, force: true });
    }, 200);
  });
`;

/**
 * Ends the service, and removes its data, when the tests are killed or crash before they did. Says what cuts the
 * line once the service has ended in order.
 */
export function tieToThisProcess(launcher: number, folder: string): () => void {
  const lifeline = spawn(process.execPath, ['-e', script, String(launcher), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  lifeline.unref();
  return () => void lifeline.kill('SIGKILL');
}
