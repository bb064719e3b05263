import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../../../client/src/index.js';
import { messageOf } from '../../data/api.js';
import { type RewindPreview, service } from '../../data/service.js';
import type { OpenChat } from '../../data/stream/openChat.js';
import { Dialog } from '../../parts/dialog.js';
import { describeCounts } from '../../parts/labels.js';
import { undoRewind } from '../turns/undoRewind.js';

type RewindProps = { chat: OpenChat; toSeq: number; onClose(): void };

/** Shows what a rewind would remove, before it does. */
export function RewindDialog({ chat, toSeq, onClose }: RewindProps) {
  const [preview, setPreview] = useState<RewindPreview | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    service.previewRewind(chat.id, toSeq).then(setPreview, (error: unknown) => setFailure(messageOf(error)));
  }, [chat, toSeq]);

  const rewind = async (interrupt: boolean) => {
    try {
      await service.rewind(chat.id, { toSeq, ...(interrupt ? { whenBusy: 'interrupt' } : {}) });
      onClose();
    } catch (error) {
      setBusy(error instanceof ApiError && error.code === 'turn_in_progress');
      setFailure(messageOf(error));
    }
  };
  return (
    <Dialog title="Rewind to here" onClose={onClose}>
      <div class="form">
        {preview && <Preview preview={preview} />}
        {failure && (
          <p class="failure" role="alert">
            {failure}
          </p>
        )}
        <div class="row end">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          {isBusy ? (
            <button type="button" class="button danger" onClick={() => rewind(true)}>
              Stop the reply and rewind
            </button>
          ) : (
            <button
              type="button"
              class="button primary"
              disabled={!preview || preview.totalEvents === 0}
              onClick={() => rewind(false)}
            >
              Rewind
            </button>
          )}
        </div>
      </div>
    </Dialog>
  );
}

function Preview({ preview: { totalEvents, byKind } }: { preview: RewindPreview }) {
  if (totalEvents === 0) return <p>There is nothing after this message.</p>;
  return (
    <>
      <p>This removes everything after this message from the chat:</p>
      <ul class="counts">
        {describeCounts(byKind).map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <p class="hint">You can undo this until you send another message.</p>
    </>
  );
}

/** Offers to undo a rewind, or the edit of an earlier message, until something follows. */
export function RewindBanner({ chat }: { chat: OpenChat }) {
  const [failure, setFailure] = useState<string | null>(null);
  const undoable = chat.undoable.value;
  if (!undoable) return null;
  const undo = () => undoRewind(chat).catch((error: unknown) => setFailure(messageOf(error)));
  const what = undoable.replaced ? 'The messages after your edit were removed.' : 'The chat was rewound to this point.';
  return (
    <div class="banner" role="status">
      <span>{failure ?? what}</span>
      <button type="button" class="button" disabled={chat.isBusy.value} onClick={undo}>
        Undo
      </button>
    </div>
  );
}
