import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../../../client/src/index.js';
import { type RewindPreview, service } from '../../data/service.js';
import type { OpenChat } from '../../data/stream/openChat.js';
import { Dialog } from '../../parts/dialog.js';
import { describeCounts } from '../../parts/labels.js';
import { messageOf } from '../../strings/errors.js';
import { t } from '../../strings/strings.js';

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
    <Dialog title={t().message.rewind} onClose={onClose}>
      <div class="form">
        {preview && <Preview preview={preview} />}
        {failure && (
          <p class="failure" role="alert">
            {failure}
          </p>
        )}
        <div class="row end">
          <button type="button" class="button" onClick={onClose}>
            {t().common.cancel}
          </button>
          {isBusy ? (
            <button type="button" class="button danger" onClick={() => rewind(true)}>
              {t().rewind.stopAndRewind}
            </button>
          ) : (
            <button
              type="button"
              class="button primary"
              disabled={!preview || preview.totalEvents === 0}
              onClick={() => rewind(false)}
            >
              {t().rewind.action}
            </button>
          )}
        </div>
      </div>
    </Dialog>
  );
}

function Preview({ preview: { totalEvents, byKind } }: { preview: RewindPreview }) {
  if (totalEvents === 0) return <p>{t().rewind.nothing}</p>;
  return (
    <>
      <p>{t().rewind.removes}</p>
      <ul class="counts">
        {describeCounts(byKind).map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <p class="hint">{t().rewind.undoable}</p>
    </>
  );
}
