import { defaultPayloadConverter } from '@temporalio/common';
import type { WorkflowInterceptorsFactory } from '@temporalio/workflow';

/** The header in which Temporal's tracing passes a trace on. */
const TRACE_HEADER = '_tracer-data';

/**
 * Puts a turn that gets the floor into the trace of its own request. Without this it would be in the trace of the turn
 * before it, and a queue would be one endless trace. Changes a header and no command.
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
