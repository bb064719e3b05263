import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/** `bundleWorkflows.ts FILE`: the workflows as one file, so that a worker need not bundle them at its start. */
const to = resolve(process.argv[2] ?? 'dist/workflows.js');
const { code } = await bundleWorkflowCode({
  workflowsPath: fileURLToPath(new URL('../src/workflows/index.ts', import.meta.url)),
  logger: new DefaultLogger('WARN'),
});
await mkdir(dirname(to), { recursive: true });
await writeFile(to, code);
console.log(`${to}: ${Math.round(code.length / 1024)} KB`);
