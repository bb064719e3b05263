import type { OpenChat } from '../../data/stream/openChat.js';
import { UserText } from '../../markdown/userText.js';
import { t } from '../../strings/strings.js';
import type { Exchange } from '../../timeline/timeline.js';
import { Attachments } from './attachments.js';
import { copyText } from './copyText.js';
import { IconAction } from './iconAction.js';
import { MessageTime } from './messageTime.js';

type UserMessageProps = {
  chat: OpenChat;
  prose: NonNullable<Exchange['prose']>;
  /** The text of an edit that is being sent. */
  editedText: string | null;
  isLast: boolean;
  onEdit(): void;
};

/** A message of the user, with its time and what can be done with it. */
export function UserMessage({ chat, prose, editedText, isLast, onEdit }: UserMessageProps) {
  const { text, quote, at } = prose;
  return (
    <div class="user-row">
      <article class={editedText === null ? 'user-message' : 'user-message pending'}>
        <h3 class="hidden">{t().message.yours}</h3>
        {quote && <blockquote>{quote}</blockquote>}
        <UserText text={editedText ?? text} />
        <Attachments attachments={prose.attachments} />
      </article>
      <div class="message-meta">
        {editedText === null && (
          <fieldset class={isLast ? 'actions always' : 'actions'} aria-label={t().message.yourActions}>
            {!chat.isBusy.value && <IconAction icon="edit" label={t().common.edit} onClick={onEdit} />}
            <IconAction icon="copy" label={t().message.copy} onClick={() => copyText(text, t().message.copied)} />
          </fieldset>
        )}
        <MessageTime at={at} />
      </div>
    </div>
  );
}
