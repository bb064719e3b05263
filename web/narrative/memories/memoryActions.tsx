import { useSignal } from '@preact/signals';
import type { Memory } from '../../../client/src/index.js';
import { tryOrNotify } from '../../data/notices.js';
import { service } from '../../data/service.js';
import { ConfirmDialog } from '../../dialogs/confirmDialog.js';

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
    <fieldset class="row memory-actions" aria-label="Memory actions">
      <button type="button" class="quiet" onClick={onEdit}>
        Edit
      </button>
      <button type="button" class="quiet" disabled={isSaving.value} onClick={() => void togglePin()}>
        {pinned ? 'Unpin' : 'Pin'}
      </button>
      <button type="button" class="quiet" onClick={() => (isRemoving.value = true)}>
        Remove
      </button>
      {isRemoving.value ? (
        <ConfirmDialog
          title="Remove this memory?"
          message="The characters forget it. A rewind to an earlier message brings it back."
          action="Remove memory"
          danger
          onConfirm={() => service.deleteMemory(chatId, id)}
          onClose={() => (isRemoving.value = false)}
        />
      ) : null}
    </fieldset>
  );
}
