import { useSignal } from '@preact/signals';
import type { Memory } from '../../../client/src/index.js';
import { tryOrNotify } from '../../data/notices.js';
import { service } from '../../data/service.js';
import { ConfirmDialog } from '../../dialogs/confirmDialog.js';
import { t } from '../../strings/strings.js';

type MemoryActionsProps = { chatId: string; memory: Memory; onEdit(): void };

/** What a person can do to a memory. Events of the chat then change what is shown. */
export function MemoryActions({ chatId, memory: { id, pinned }, onEdit }: MemoryActionsProps) {
  const isSaving = useSignal(false);
  const isRemoving = useSignal(false);
  const togglePin = async () => {
    isSaving.value = true;
    await tryOrNotify(() => service.updateMemory(chatId, id, { pinned: !pinned }));
    isSaving.value = false;
  };
  return (
    <fieldset class="row memory-actions" aria-label={t().narrative.memoryActions}>
      <button type="button" class="quiet" onClick={onEdit}>
        {t().common.edit}
      </button>
      <button type="button" class="quiet" disabled={isSaving.value} onClick={() => void togglePin()}>
        {pinned ? t().narrative.unpin : t().narrative.pin}
      </button>
      <button type="button" class="quiet" onClick={() => (isRemoving.value = true)}>
        {t().common.remove}
      </button>
      {isRemoving.value ? (
        <ConfirmDialog
          title={t().narrative.removeMemoryTitle}
          message={t().narrative.removeMemoryMessage}
          action={t().narrative.removeMemory}
          danger
          onConfirm={() => service.deleteMemory(chatId, id)}
          onClose={() => (isRemoving.value = false)}
        />
      ) : null}
    </fieldset>
  );
}
