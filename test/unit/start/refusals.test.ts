import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { nodeCommand } from '../../../scripts/processes/nodeCommand.js';
import { CommandFailed, runCommand } from '../../../scripts/processes/runCommand.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refusals-'));
});

afterEach(() => rm(folder, { recursive: true }));

/** What `npm start` says when it can't; throws if it could. */
async function refusal(env: Record<string, string>): Promise<CommandFailed> {
  const clean = { PATH: process.env.PATH, HOME: process.env.HOME, DATA_DIR: join(folder, 'data') };
  try {
    await runCommand(
      { ...nodeCommand('scripts/start/main.ts'), env: { ...clean, ...env } },
      { signal: new AbortController().signal, withinMs: 50_000 },
    );
  } catch (error) {
    if (error instanceof CommandFailed) return error;
    throw error;
  }
  throw new Error('the service started');
}

describe('npm start', () => {
  it('names each wrong setting and what is allowed', async () => {
    const { message, output } = await refusal({ PORT: 'abc', DATABASE_URL: 'localhost' });
    expect(message).toContain('ended with 1');
    expect(output).toMatch(/PORT: .*expected number/);
    expect(output).toContain('DATABASE_URL: must be a URL that starts with postgres://');
    expect(output).not.toContain('    at ');
  }, 60_000);

  it('says what to do when DATABASE_URL is unreachable, and leaves no process running', async () => {
    const { message, output } = await refusal({ DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/chats' });
    expect(message).toContain('ended with 1');
    expect(output).toContain('DATABASE_URL: no Postgres can be reached at 127.0.0.1:1');
    expect(output).toContain('unset DATABASE_URL to start an embedded Postgres');
    expect(output).not.toContain('secret');
    expect(await readdir(join(folder, 'data'))).not.toContain('launcher.lock');
  }, 60_000);
});
