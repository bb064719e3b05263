import { useEffect, useState } from 'preact/hooks';
import { nameOf } from './library.js';
import type { OpenChat } from './openChat.js';

/**
 * What a screen reader says: each reply once, when it is whole, rather than token by token; and what went wrong.
 */
export function Announcements({ chat }: { chat: OpenChat }) {
  const [words, setWords] = useState('');
  useEffect(
    () =>
      chat.onEvent((event) => {
        if (event?.kind === 'assistant_turn_started') setWords(`${nameOf(event.data.speakerId)} is replying.`);
        if (event?.kind === 'assistant_turn') setWords(`${nameOf(event.data.speakerId)}: ${event.data.text}`);
        if (event?.kind === 'step_stuck') setWords(`A follow-up is stuck: ${event.data.error.message}`);
      }),
    [chat],
  );
  return (
    <div class="hidden" aria-live="polite" role="log" aria-label="Announcements">
      {words}
    </div>
  );
}
