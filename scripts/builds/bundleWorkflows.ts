import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { workflowTracingModules } from '../../telemetry/otel/workflowModules.js';
import { tracedBundle } from '../../telemetry/tracing.js';

/**
 * `bundleWorkflows.ts FILE [--only plain|traced]` bundles the workflows into one file, so that a worker does not bundle
 * them at its start. A second file beside it holds the workflows with tracing. The worker's configuration decides which
 * one it loads.
 */
const { positionals, values } = parseArgs({ allowPositionals: true, options: { only: { type: 'string' } } });
const to = resolve(positionals[0] ?? 'dist/workflows.js');
const bundles = [
  { name: 'plain', file: to, workflowInterceptorModules: [] },
  { name: 'traced', file: tracedBundle(to), workflowInterceptorModules: workflowTracingModules() },
];

await mkdir(dirname(to), { recursive: true });
for (const { name, file, workflowInterceptorModules } of bundles) {
  if (values.only && values.only !== name) continue;
  const { code } = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)),
    workflowInterceptorModules,
    logger: new DefaultLogger('WARN'),
  });
  await writeFile(file, code);
  console.log(`${file}: ${Math.round(code.length / 1024)} KB`);
}
