import { facts } from '../../data/facts.js';
import { tryOrNotify } from '../../data/notices.js';
import { service } from '../../data/service.js';
import type { OpenChat } from '../../data/stream/openChat.js';
import type { TurnState } from '../../data/stream/turnStates.js';
import { failureMessage } from '../../strings/errors.js';
import { t } from '../../strings/strings.js';
import { TypingIndicator } from '../messages/typingIndicator.js';

/** `hasText`: the reply that streams has text or steps. */
type TurnStatusLineProps = { chat: OpenChat; turn: TurnState; isStreaming: boolean; hasText: boolean };

/** The status of a turn whose reply has not begun: queued, retrying or about to begin. */
export function TurnStatusLine({ chat, turn, isStreaming, hasText }: TurnStatusLineProps) {
  if (turn.status === 'queued') return <Queued chat={chat} turnId={turn.turnId} />;
  if (turn.status !== 'running' || turn.phase === 'following_up' || turn.phase === 'finishing' || hasText) return null;
  const reply = turn.steps.find(({ name }) => name.startsWith('reply:'));
  if (reply?.status === 'retrying') {
    return (
      <p class="waiting">
        <span class="tag warn">{attemptText(Math.max(2, reply.attempts))}</span>
        <span>{reply.error ? failureMessage(reply.error) : t().message.noReply}</span>
      </p>
    );
  }
  // A reply that has begun without text has an indicator of its own.
  return isStreaming ? null : <WaitingForReply />;
}

export const WaitingForReply = () => (
  <p class="waiting">
    <TypingIndicator />
    <span class="hidden">{t().message.waiting}</span>
  </p>
);

/** How often a reply is tried in all, where that is known: "Trying again (2 of 6)". */
function attemptText(attempt: number): string {
  const most = facts.value?.replyAttempts ?? 0;
  return t().message.attempt(attempt, most);
}

function Queued({ chat, turnId }: { chat: OpenChat; turnId: string }) {
  const cancel = () => tryOrNotify(() => service.cancelTurn(turnId));
  const position = (chat.chat.value?.queue.indexOf(turnId) ?? -1) + 1;
  return (
    <p class="waiting">
      <span class="tag">{position > 0 ? t().message.queuedAt(position) : t().message.queued}</span>
      <button type="button" class="quiet" onClick={cancel}>
        {t().message.cancel}
      </button>
    </p>
  );
}
