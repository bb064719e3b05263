import { basename } from 'node:path';
import workerThreads, { Worker as Thread, type WorkerOptions as ThreadOptions } from 'node:worker_threads';

/** The SDK's file that runs workflows, and what it runs them with. */
const threadFile = 'workflow-worker-thread.js';

/** Runs in the SDK's thread before its file, in the form of a CommonJS module. */
const prelude = `
const { dirname, join } = require('node:path');
const file = require('node:worker_threads').workerData;
require(join(dirname(file), 'vm-shared.js')).GlobalHandlers.prototype.setPromiseHook = () => {};
require(file);`;

/**
 * Workflows that the SDK runs from now on in this process record no stack of each promise. It does so for the query
 * `__stack_trace` alone, at half of what a workflow costs, and has no option for it. The query is refused then.
 */
export function withoutStackTraces(): void {
  workerThreads.Worker = class extends Thread {
    constructor(file: string | URL, options?: ThreadOptions) {
      if (typeof file === 'string' && basename(file) === threadFile)
        super(prelude, { ...options, eval: true, workerData: file });
      else super(file, options);
    }
  };
}
