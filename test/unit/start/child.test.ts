import { afterEach, describe, expect, it } from '@jest/globals';
import { type Child, type ChildSpec, createChild } from '../../../scripts/processes/child.js';
import { identityOf } from '../../../scripts/processes/processes.js';
import { ChildEnded } from '../../../scripts/processes/spawnChild.js';
import { until } from '../../support/until.js';

const children: Child[] = [];
const never = new AbortController().signal;

type Made = { child: Child; said: string[]; readyAgain: () => Promise<void> };

/** A child that runs a line of JavaScript and is ready when it prints a line. */
function make(script: string, rest: Partial<ChildSpec> = {}): Made {
  const said: string[] = [];
  let print: () => void = () => undefined;
  let printed: Promise<void>;
  let onReady: () => void = () => undefined;
  const spec: ChildSpec = {
    name: 'sample',
    // Asked before each start: a line may be there before anybody asks whether the child is ready.
    command() {
      printed = new Promise((resolve) => {
        print = resolve;
      });
      return { file: process.execPath, args: ['-e', script, '--'] };
    },
    ready: (_pid, gone) =>
      new Promise((resolve, reject) => {
        void printed.then(resolve);
        gone.addEventListener('abort', () => reject(gone.reason));
      }),
    output: { lines: () => print() },
    stopSignal: 'SIGTERM',
    graceMs: 5_000,
    ...rest,
  };
  const child = createChild(spec, {
    say: (line) => said.push(line),
    onSpawned: async () => undefined,
    onReady: async () => onReady(),
  });
  children.push(child);
  const readyAgain = () =>
    new Promise<void>((resolve) => {
      onReady = resolve;
    });
  return { child, said, readyAgain };
}

const stays = "console.log('ready'); setInterval(() => {}, 1e6);";

afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill();
    await child.stop();
  }
});

describe('a child of the launcher', () => {
  it('is restarted with a new pid when it is killed', async () => {
    const { child, said, readyAgain } = make(stays);
    await child.start(never);
    const before = child.pid();
    const again = readyAgain();
    process.kill(before as number, 'SIGKILL');
    await again;
    expect(child.pid()).not.toBe(before);
    expect(child.pid()).not.toBeNull();
    expect(said[0]).toBe(`sample ended by SIGKILL (pid ${before}); restarting it`);
  });

  it('that ends before it is ready fails the start and is not restarted', async () => {
    const { child } = make('process.exit(3)');
    await expect(child.start(never)).rejects.toThrow(ChildEnded);
    await expect(child.start(never)).rejects.toThrow('sample ended with code 3');
    expect(child.pid()).toBeNull();
  });

  it('whose program does not exist fails the start with a message', async () => {
    const { child } = make('', { command: () => ({ file: '/no/such/program', args: [] }) });
    await expect(child.start(never)).rejects.toThrow('sample ended before it started: spawn /no/such/program ENOENT');
  });

  it('is no longer waited for when the start is aborted', async () => {
    const stop = new AbortController();
    const { child } = make('setInterval(() => {}, 1e6)');
    const start = child.start(stop.signal);
    stop.abort(new Error('called off'));
    await expect(start).rejects.toThrow('called off');
  });

  it('that is stopped is not restarted', async () => {
    const { child } = make(stays);
    await child.start(never);
    const pid = child.pid() as number;
    await child.stop();
    expect(child.pid()).toBeNull();
    expect(await identityOf(pid)).toBeNull();
  });

  it('that was frozen by SIGSTOP can still be stopped', async () => {
    const { child } = make(`process.on('SIGTERM', () => process.exit(0)); ${stays}`, { graceMs: 60_000 });
    await child.start(never);
    process.kill(child.pid() as number, 'SIGSTOP');
    await child.stop();
    expect(child.pid()).toBeNull();
  });

  it('that ignores its stop signal is killed after its grace period', async () => {
    const { child } = make(`process.on('SIGTERM', () => {}); ${stays}`, { graceMs: 200 });
    await child.start(never);
    await child.stop();
    expect(child.pid()).toBeNull();
  });

  describe('that drains', () => {
    /** Takes its time to end after the first signal, and ends at once after a second one. */
    const drains = `let asked = 0;
      process.on('SIGTERM', () => { require('node:fs').writeSync(3, 'draining'); if (++asked > 1) process.exit(0); });
      process.on('SIGUSR2', () => process.exit(0));
      ${stays}`;

    it('gets a successor at once, and both are recorded until it has ended', async () => {
      const { child, said, readyAgain } = make(drains, { drains: { withinMs: 5_000 } });
      await child.start(never);
      const before = child.pid() as number;
      const again = readyAgain();
      process.kill(before, 'SIGTERM');
      await again;
      const after = child.pid() as number;
      expect(after).not.toBe(before);
      expect(said[0]).toBe(`sample drains (pid ${before}); starting another`);
      expect(await identityOf(before)).not.toBeNull();
      expect(child.records().map(({ pid }) => pid)).toEqual([after, before]);
      process.kill(before, 'SIGUSR2');
      await until('only the new one is recorded', async () => (child.records().length === 1 ? true : null));
      expect(child.pid()).toBe(after);
    });

    it('ends with the others at a shutdown, with a second signal after its grace period', async () => {
      const { child, readyAgain } = make(drains, { drains: { withinMs: 300 }, graceMs: 60_000 });
      await child.start(never);
      const before = child.pid() as number;
      const again = readyAgain();
      process.kill(before, 'SIGTERM');
      await again;
      const after = child.pid() as number;
      await child.stop();
      expect([await identityOf(before), await identityOf(after), child.records()]).toEqual([null, null, []]);
    });
  });
});
