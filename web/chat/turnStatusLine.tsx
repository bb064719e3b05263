import { post } from '../data/api.js';
import { tryOrNotify } from '../data/notices.js';
import type { OpenChat, TurnState } from '../data/openChat.js';
import { TypingIndicator } from './typingIndicator.js';

/** Where a turn stands that has not begun to speak: in the queue, or about to. */
export function TurnStatusLine({ chat, turn, isHeard }: { chat: OpenChat; turn: TurnState; isHeard: boolean }) {
  const cancel = () => tryOrNotify(() => post(`/v1/turns/${turn.turnId}/cancel`));
  if (turn.status === 'queued') {
    const place = (chat.chat.value?.queue.indexOf(turn.turnId) ?? -1) + 1;
    return (
      <p class="waiting">
        <span class="tag">{place > 0 ? `in the queue, ${ordinal(place)} in line` : 'in the queue'}</span>
        <button type="button" class="quiet" onClick={cancel}>
          Take back
        </button>
      </p>
    );
  }
  if (turn.status !== 'running' || turn.phase === 'following_up' || turn.phase === 'finishing' || isHeard) return null;
  const reply = turn.steps.find(({ name }) => name.startsWith('reply:'));
  if (reply?.status === 'retrying') {
    return (
      <p class="waiting">
        <span class="tag warn">attempt {reply.attempts + 1}</span>
        <span>{reply.error?.message ?? 'The reply did not come.'} Trying again…</span>
      </p>
    );
  }
  return (
    <p class="waiting">
      <TypingIndicator />
      <span class="hidden">Waiting for the reply</span>
    </p>
  );
}

const endings: Record<number, string> = { 1: 'st', 2: 'nd', 3: 'rd' };
const ordinal = (n: number) => `${n}${(n % 100 < 11 || n % 100 > 13) && endings[n % 10] ? endings[n % 10] : 'th'}`;
