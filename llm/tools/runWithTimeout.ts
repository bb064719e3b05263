import { createContext, Script } from 'node:vm';

const context = createContext({ work: null as (() => unknown) | null });
const script = new Script('work()');

/** The work exceeded its time limit. */
export class RunTimedOut extends Error {
  override readonly name = 'RunTimedOut';
}

/** Runs synchronous work and interrupts it after `ms` milliseconds. Throws `RunTimedOut`, or what `work` throws. */
export function runWithTimeout<T>(ms: number, work: () => T): T {
  context.work = work;
  try {
    return script.runInContext(context, { timeout: ms }) as T;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw new RunTimedOut();
    throw error;
  } finally {
    context.work = null;
  }
}
