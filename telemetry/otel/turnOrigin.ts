import { defaultPayloadConverter } from '@temporalio/common';
import type { WorkflowInterceptorsFactory } from '@temporalio/workflow';

/** The header in which the tracing of workflows hands a trace on. */
const TRACE_HEADER = '_tracer-data';

/**
 * A turn that gets the floor from another one belongs to the trace of the request that asked for it, not to that of
 * the turn before it: a queue would be one endless trace. Changes a header, and no command.
 */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [
    {
      startChildWorkflowExecution(input, next) {
        const [first] = input.options.args as [{ trace?: unknown }?];
        const traceparent = first?.trace;
        if (typeof traceparent !== 'string') return next(input);
        const header = defaultPayloadConverter.toPayload({ traceparent });
        return next({ ...input, headers: { ...input.headers, [TRACE_HEADER]: header } });
      },
    },
  ],
});
