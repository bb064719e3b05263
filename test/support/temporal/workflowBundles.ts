import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/** Files for a worker's `WORKFLOW_BUNDLE`, of which one turn can be broken. */
export type WorkflowBundles = {
  /** Runs every turn. */
  whole: string;
  /** Throws in the workflow of one turn, or does not replay its history. */
  breaking(turnId: string, how: 'throws' | 'differs'): Promise<string>;
  dispose(): Promise<void>;
};

export async function buildWorkflowBundles(): Promise<WorkflowBundles> {
  const folder = await mkdtemp(join(tmpdir(), 'durable-turns-bundles-'));
  const { code } = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('./brokenWorkflows.ts', import.meta.url)),
    logger: new DefaultLogger('WARN'),
  });
  const write = async (name: string, text: string) => {
    const file = join(folder, `${name}.js`);
    await writeFile(file, text);
    return file;
  };
  return {
    whole: await write('whole', code),
    breaking: (turnId, how) =>
      write(`${how}-${turnId}`, code.replaceAll('__BROKEN_TURN__', turnId).replaceAll('__BROKEN_HOW__', how)),
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}
