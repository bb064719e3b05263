import type { AgentStep } from '../../../domain/log/events.js';
import type { Message } from '../../../domain/timeline/message.js';
import { turnIdOf } from '../../../domain/timeline/replaced.js';
import { type AiSdkVersion, isDenied } from './uiChunks.js';

export type UiPart = { type: string } & Record<string, unknown>;
export type UiMessage = { id: string; role: 'user' | 'assistant' | 'system'; parts: UiPart[] };

/**
 * The messages of a transcript as a page has them: all beats of a turn are one message, whose id is the turn's.
 * `names`: by turn, the client's name for the user's message.
 */
export function toUiMessages(
  messages: readonly Message[],
  { version, names }: { version: AiSdkVersion; names: ReadonlyMap<string, string> },
): UiMessage[] {
  const shown: UiMessage[] = [];
  const outputs = outputsOf(messages);
  for (const message of messages) {
    const turnId = turnIdOf(message.id);
    const last = shown.at(-1);
    if (message.role !== 'assistant') {
      // Outputs are parts of the message that has their calls.
      if (message.content === '' && message.toolCalls) continue;
      const id = (turnId && names.get(turnId)) ?? message.id;
      shown.push({ id, role: message.role, parts: [{ type: 'text', text: message.content }] });
    } else if (last?.role === 'assistant' && (last.id === turnId || callsPage(last)))
      last.parts.push(...partsOf(message, version, outputs));
    else shown.push({ id: turnId ?? message.id, role: 'assistant', parts: partsOf(message, version, outputs) });
  }
  return shown;
}

/** Whether a message ends with calls that the page runs. The next turn continues it with their outputs. */
const callsPage = ({ parts }: UiMessage): boolean => {
  const last = parts.at(-1);
  return last?.type === 'dynamic-tool' && !last.providerExecuted;
};

type Results = ReadonlyMap<string | undefined, Pick<AgentStep, 'content' | 'success'>>;

/** What functions of the page gave, by their calls. */
const outputsOf = (messages: readonly Message[]): Results =>
  new Map(
    messages.flatMap(({ role, toolCalls = [] }) =>
      role === 'user' ? toolCalls.map(({ id, result = '', success = true }) => [id, { content: result, success }]) : [],
    ),
  );

function partsOf({ steps, content }: Message, version: AiSdkVersion, outputs: Results): UiPart[] {
  const said = (steps ?? []) as readonly AgentStep[];
  if (said.length === 0) return [{ type: 'step-start' }, { type: 'text', text: content, state: 'done' }];
  const own = said.flatMap((step) => (step.type === 'tool_result' ? [[step.callId, step] as const] : []));
  const results: Results = new Map([...outputs, ...own]);
  let begins = true;
  return said.flatMap((step): UiPart[] => {
    const part = partOf(step, results, version);
    const begun = begins && part.length > 0 ? [{ type: 'step-start' }] : [];
    // What follows a result belongs to the next iteration.
    begins = step.type === 'tool_result' || (begins && part.length === 0);
    return [...begun, ...part];
  });
}

function partOf(step: AgentStep, results: Results, version: AiSdkVersion): UiPart[] {
  switch (step.type) {
    case 'thinking':
      return [{ type: 'reasoning', text: step.content ?? '', state: 'done' }];
    case 'text':
      return [{ type: 'text', text: step.content ?? '', state: 'done' }];
    case 'tool_call':
      return [toolPart(step, results.get(step.callId), version)];
    case 'tool_result':
      return [];
  }
}

function toolPart(
  call: AgentStep,
  result: Pick<AgentStep, 'content' | 'success'> | undefined,
  version: AiSdkVersion,
): UiPart {
  const { callId: toolCallId, name: toolName, arguments: input } = call;
  const part = {
    type: 'dynamic-tool',
    toolCallId,
    toolName,
    ...(call.client ? {} : { providerExecuted: true }),
    input,
  };
  if (!result) return { ...part, state: 'input-available' };
  const [content, success] = [result.content ?? '', result.success ?? false];
  if (success) return { ...part, state: 'output-available', output: content };
  if (version > 5 && isDenied({ content, success })) {
    return { ...part, state: 'output-denied', approval: { id: toolCallId, approved: false } };
  }
  return { ...part, state: 'output-error', errorText: content };
}
