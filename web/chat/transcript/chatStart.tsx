import type { Chat } from '../../../client/src/index.js';
import { nameOf } from '../../data/library.js';
import { t } from '../../strings/strings.js';

/** The top of a chat: what to do first, or a line that marks the start. */
export function ChatStart({ resource: { kind, hostId }, isEmpty }: { resource: Chat; isEmpty: boolean }) {
  if (!isEmpty) return <p class="beginning hint">{t().chat.start}</p>;
  return (
    <div class="beginning">
      <p class="empty">
        {hostId && <strong>{t().chat.withCharacter(nameOf(hostId))} </strong>}
        {t().chat.introductions[kind]}
      </p>
    </div>
  );
}
