import { Markdown } from '../parts/markdown.js';
import { memo } from '../parts/memo.js';
import type { AddedMessage } from '../timeline/timeline.js';

/** A message of a conversation that began elsewhere. It has no actions: no turn of this chat wrote it. */
export const AddedMessageView = memo(function AddedMessageView({ message }: { message: AddedMessage }) {
  return (
    <article class={message.role === 'user' ? 'user-message' : 'beat'}>
      <Markdown text={message.text} />
    </article>
  );
});
