import { useEffect, useState } from 'preact/hooks';
import type { Draft } from '../../client/src/index.js';
import { nameOf } from '../data/library.js';
import type { OpenChat } from '../data/openChat.js';
import { restartMessage } from './labels.js';

/**
 * What a screen reader says: each reply once, when it is whole, rather than token by token; once that a reply is
 * written again; and what went wrong.
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
  useEffect(() => {
    const said = new Set<string>();
    return chat.drafts.subscribe((drafts) => {
      for (const draft of drafts.values()) {
        if (!draft.old || said.has(lossOf(draft))) continue;
        said.add(lossOf(draft));
        setWords(`${nameOf(draft.speakerId)}: ${restartMessage(draft.old.reason)}`);
      }
    });
  }, [chat]);
  return (
    <div class="hidden" aria-live="polite" role="log" aria-label="Announcements">
      {words}
    </div>
  );
}

const lossOf = ({ turnId, beat, epoch }: Draft): string => `${turnId}:${beat}:${epoch}`;
