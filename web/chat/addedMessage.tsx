import type { AgentStep } from '../../client/src/index.js';
import { AgentSteps } from '../agents/agentSteps.js';
import { Markdown } from '../parts/markdown.js';
import { memo } from '../parts/memo.js';
import type { AddedMessage } from '../timeline/timeline.js';

/** A message of a conversation that began elsewhere. It has no actions: no turn of this chat wrote it. */
export const AddedMessageView = memo(function AddedMessageView({ message }: { message: AddedMessage }) {
  const steps = stepsOf(message);
  return (
    <article class={message.role === 'user' ? 'user-message' : 'beat'}>
      {(message.text !== '' || steps.length === 0) && <Markdown text={message.text} />}
      {steps.length > 0 && <AgentSteps steps={steps} isStreaming={false} />}
    </article>
  );
});

/** The functions that its client ran for it. */
function stepsOf({ calls = [] }: AddedMessage): AgentStep[] {
  return calls.flatMap(({ id, name, arguments: sent, result }, index): AgentStep[] => [
    { id: `${id}:call`, index, type: 'tool_call', callId: id, name, arguments: sent, client: true },
    ...(result === undefined
      ? []
      : [{ id: `${id}:result`, index, type: 'tool_result' as const, callId: id, content: result, success: true }]),
  ]);
}
