import type { AgentStep } from '../../client/src/index.js';
import { Thinking } from '../chat/messages/beat.js';
import { Markdown } from '../parts/markdown.js';
import type { Strings } from '../strings/en.js';
import { t } from '../strings/strings.js';

/** The steps of an agent's reply in order: thinking, text, and tool calls with their results. */
export function AgentSteps({ steps, isStreaming }: { steps: readonly AgentStep[]; isStreaming: boolean }) {
  const results = new Map(steps.flatMap((step) => (step.type === 'tool_result' ? [[step.callId, step]] : [])));
  const last = steps.at(-1);
  return (
    <div class="steps">
      {steps.map((step) => (
        <Step
          key={step.id}
          step={step}
          result={results.get(step.callId)}
          isStreaming={isStreaming}
          isLast={step === last}
        />
      ))}
    </div>
  );
}

type StepProps = { step: AgentStep; result: AgentStep | undefined; isStreaming: boolean; isLast: boolean };

function Step({ step, result, isStreaming, isLast }: StepProps) {
  switch (step.type) {
    case 'thinking':
      return <Thinking text={step.content ?? ''} open={isStreaming && isLast} />;
    case 'text':
      return <Markdown text={step.content ?? ''} />;
    case 'tool_call':
      return <ToolCall call={step} result={result} isRunning={isStreaming} />;
    case 'tool_result':
      return null; // shown with its call
  }
}

type CallProps = { call: AgentStep; result: AgentStep | undefined; isRunning: boolean };

function ToolCall({ call, result, isRunning }: CallProps) {
  const state = stateOf(call, result, isRunning);
  const decision = result?.decision;
  return (
    <details class={`call ${result ? (result.success ? 'good' : 'bad') : ''}`}>
      <summary>
        <span class="call-name">{call.name}</span>
        <span class="call-arguments">{formatArguments(call.arguments)}</span>
        {decision?.approved && <span class="tag">{t().agents.allowed(by(decision))}</span>}
        <span class={`tag ${result ? (result.success ? 'good' : 'bad') : ''}`}>{t().agents.callStates[state]}</span>
        {decision?.approved === false && <span class="tag">{by(decision)}</span>}
      </summary>
      {call.arguments !== undefined && (
        <>
          <h4>{t().agents.arguments}</h4>
          <pre>{JSON.stringify(call.arguments, null, 2)}</pre>
        </>
      )}
      {result && (
        <>
          <h4>{t().agents.result}</h4>
          <pre>{state === 'denied' ? result.content?.slice(denial.length) : result.content}</pre>
        </>
      )}
    </details>
  );
}

const by = (decision: NonNullable<AgentStep['decision']>): string => t().agents.deciders[decision.by];

/** How the result of a call begins that a person did not allow. The person's message to the agent follows. */
const denial = 'approval_denied: ';

type CallState = keyof Strings['agents']['callStates'];

function stateOf(call: AgentStep, result: AgentStep | undefined, isRunning: boolean): CallState {
  if (!result && call.client) return 'client';
  if (!result) return isRunning ? 'running' : 'none';
  if (result.success) return 'done';
  return result.content?.startsWith(denial) ? 'denied' : 'failed';
}

/** The arguments of a tool call on one line of at most 200 characters. */
export function formatArguments(sent: unknown): string {
  if (typeof sent !== 'object' || sent === null) return String(sent ?? '');
  return Object.entries(sent)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ')
    .slice(0, 200);
}
