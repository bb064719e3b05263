import type { AgentStep } from '../../client/src/index.js';
import { Thinking } from '../chat/beat.js';
import { Markdown } from '../parts/markdown.js';

/** What an agent thought, said and did, in order; a call with its result. */
export function AgentSteps({ steps, streaming }: { steps: readonly AgentStep[]; streaming: boolean }) {
  const results = new Map(steps.flatMap((step) => (step.type === 'tool_result' ? [[step.callId, step]] : [])));
  const last = steps.at(-1);
  return (
    <div class="steps">
      {steps.map((step) => (
        <Step
          key={step.id}
          step={step}
          result={results.get(step.callId)}
          streaming={streaming}
          isLast={step === last}
        />
      ))}
    </div>
  );
}

type StepProps = { step: AgentStep; result: AgentStep | undefined; streaming: boolean; isLast: boolean };

function Step({ step, result, streaming, isLast }: StepProps) {
  switch (step.type) {
    case 'thinking':
      return <Thinking text={step.content ?? ''} open={streaming && isLast} />;
    case 'text':
      return <Markdown text={step.content ?? ''} />;
    case 'tool_call':
      return <ToolCall call={step} result={result} running={streaming} />;
    case 'tool_result':
      return null; // shown with its call
  }
}

type CallProps = { call: AgentStep; result: AgentStep | undefined; running: boolean };

function ToolCall({ call, result, running }: CallProps) {
  const state = result ? (result.success ? 'done' : 'failed') : running ? 'under way' : 'never answered';
  return (
    <details class={`call ${result ? (result.success ? 'good' : 'bad') : ''}`}>
      <summary>
        <span class="call-name">{call.name}</span>
        <span class="call-arguments">{shown(call.arguments)}</span>
        <span class={`tag ${result ? (result.success ? 'good' : 'bad') : ''}`}>{state}</span>
      </summary>
      <h4>Arguments</h4>
      <pre>{JSON.stringify(call.arguments, null, 2)}</pre>
      {result && (
        <>
          <h4>Result</h4>
          <pre>{result.content}</pre>
        </>
      )}
    </details>
  );
}

/** Arguments in a line. */
export function shown(sent: unknown): string {
  if (typeof sent !== 'object' || sent === null) return String(sent ?? '');
  return Object.entries(sent)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ')
    .slice(0, 200);
}
