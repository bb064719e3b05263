import { stat } from 'node:fs/promises';
import { type Command, runCommand } from '../processes/runCommand.js';
import { messageOf, StartFailure } from '../start/failure.js';

/** The user of Postgres: the current one (no ids), or another one, because Postgres refuses to run as root. */
export type RunAs = { uid?: number; gid?: number; name: string };

/** As root: the owner of existing data, else `postgres`, else `nobody`. Throws a `StartFailure` if there is none. */
export async function postgresUser(dataFolder: string, signal: AbortSignal): Promise<RunAs> {
  if (process.getuid?.() !== 0) return { name: 'you' };
  const owner = await stat(dataFolder).catch(() => null);
  if (owner && owner.uid !== 0) {
    const name = await outputOf('id', ['-nu', String(owner.uid)], signal);
    return { uid: owner.uid, gid: owner.gid, name: name ?? `user ${owner.uid}` };
  }
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => outputOf('id', [flag, name], signal)));
    if (uid && gid) return { uid: Number(uid), gid: Number(gid), name };
  }
  throw new StartFailure(
    'Postgres refuses to run as root, and there is no user `postgres` or `nobody` to run it as. Create one, start as another user, or set DATABASE_URL.',
  );
}

async function outputOf(file: string, args: string[], signal: AbortSignal): Promise<string | null> {
  try {
    return await runCommand({ file, args }, { signal, withinMs: 5_000 });
  } catch {
    signal.throwIfAborted();
    return null;
  }
}

/** Runs a command as that user. Gives the reason for which it failed, or null. */
export async function failureOfCommand(command: Command, user: RunAs, signal: AbortSignal): Promise<string | null> {
  try {
    await runCommand({ ...command, ...idsOf(user) }, { signal, withinMs: 10_000 });
    return null;
  } catch (error) {
    signal.throwIfAborted();
    return messageOf(error);
  }
}

export function idsOf(user: RunAs): { uid?: number; gid?: number } {
  return user.uid === undefined ? {} : { uid: user.uid, gid: user.gid };
}

export async function canEnter(folder: string, user: RunAs, signal: AbortSignal): Promise<boolean> {
  if (user.uid === undefined) return true;
  return (await failureOfCommand({ file: 'test', args: ['-x', folder], cwd: '/' }, user, signal)) === null;
}
