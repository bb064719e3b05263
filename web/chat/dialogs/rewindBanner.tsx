import { useState } from 'preact/hooks';
import type { OpenChat } from '../../data/stream/openChat.js';
import { messageOf } from '../../strings/errors.js';
import { t } from '../../strings/strings.js';
import { undoRewind } from '../turns/undoRewind.js';

/** Offers to undo a rewind, or the edit of an earlier message, until something follows. */
export function RewindBanner({ chat }: { chat: OpenChat }) {
  const [failure, setFailure] = useState<string | null>(null);
  const undoable = chat.undoable.value;
  if (!undoable) return null;
  const undo = () => undoRewind(chat).catch((error: unknown) => setFailure(messageOf(error)));
  const what = undoable.replaced ? t().rewind.edited : t().rewind.rewound;
  return (
    <div class="banner" role="status">
      <span>{failure ?? what}</span>
      <button type="button" class="button" disabled={chat.isBusy.value} onClick={undo}>
        {t().common.undo}
      </button>
    </div>
  );
}
