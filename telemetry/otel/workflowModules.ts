import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The interceptor modules of traced workflows. The last is the innermost. */
export function workflowTracingModules(): string[] {
  const require = createRequire(import.meta.url);
  const ours = fileURLToPath(new URL('./turnOrigin.ts', import.meta.url));
  return [
    require.resolve('@temporalio/interceptors-opentelemetry-v2/lib/workflow-interceptors.js'),
    existsSync(ours) ? ours : ours.replace(/\.ts$/, '.js'),
  ];
}
