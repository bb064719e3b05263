import { ClientCalls } from '../../agents/clientCalls.js';
import { Markdown } from '../../parts/markdown.js';
import { memo } from '../../parts/memo.js';
import type { AddedMessage } from '../../timeline/timeline.js';

/** A message of a conversation that began elsewhere. It has no actions: no turn of this chat wrote it. */
export const AddedMessageView = memo(function AddedMessageView({ message }: { message: AddedMessage }) {
  const { role, text, calls = [] } = message;
  return (
    <article class={role === 'user' ? 'user-message' : 'beat'}>
      {(text !== '' || calls.length === 0) && <Markdown text={text} />}
      {calls.length > 0 && <ClientCalls calls={calls} />}
    </article>
  );
});
