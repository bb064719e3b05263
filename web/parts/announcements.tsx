import { useEffect, useState } from 'preact/hooks';
import type { Draft } from '../../client/src/index.js';
import { nameOf } from '../data/library.js';
import type { OpenChat } from '../data/stream/openChat.js';
import { failureMessage } from '../strings/errors.js';
import { t } from '../strings/strings.js';
import { restartMessage } from './labels.js';

/**
 * Texts for screen readers: each reply once, when it is complete, instead of token by token; each restart of a reply
 * once; and failed background tasks.
 */
export function Announcements({ chat }: { chat: OpenChat }) {
  const [text, setText] = useState('');
  useEffect(
    () =>
      chat.onEvent((event) => {
        if (event?.kind === 'assistant_turn_started') setText(t().chat.isReplying(nameOf(event.data.speakerId)));
        if (event?.kind === 'assistant_turn') setText(t().chat.says(nameOf(event.data.speakerId), event.data.text));
        if (event?.kind === 'step_stuck') setText(t().chat.taskFailed(failureMessage(event.data.error)));
      }),
    [chat],
  );
  useEffect(() => {
    const announced = new Set<string>();
    return chat.drafts.subscribe((drafts) => {
      for (const draft of drafts.values()) {
        if (!draft.old || announced.has(epochKey(draft))) continue;
        announced.add(epochKey(draft));
        setText(t().chat.says(nameOf(draft.speakerId), restartMessage(draft.old.reason)));
      }
    });
  }, [chat]);
  return (
    <div class="hidden" aria-live="polite" role="log" aria-label={t().common.announcements}>
      {text}
    </div>
  );
}

const epochKey = ({ turnId, beat, epoch }: Draft): string => `${turnId}:${beat}:${epoch}`;
