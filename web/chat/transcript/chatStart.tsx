import type { Chat } from '../../../client/src/index.js';
import { nameOf } from '../../data/library.js';

const introductions: Record<Chat['kind'], string> = {
  narrative: 'Send a message to begin.',
  document: 'Ask a question about the document, or ask for changes. You can accept or decline each suggested change.',
  agent: 'Give the agent a task. You see what it thinks and which tools it uses.',
  relay: 'Send a message. Another chat service replies.',
};

/** The top of a chat: what to do first, or a line that marks the start. */
export function ChatStart({ resource: { kind, hostId }, isEmpty }: { resource: Chat; isEmpty: boolean }) {
  if (!isEmpty) return <p class="beginning hint">Start of the chat</p>;
  return (
    <div class="beginning">
      <p class="empty">
        {hostId && <strong>This is a chat with {nameOf(hostId)}. </strong>}
        {introductions[kind]}
      </p>
    </div>
  );
}
