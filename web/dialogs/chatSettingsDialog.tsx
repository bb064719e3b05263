import { useSignal } from '@preact/signals';
import type { Chat } from '../../client/src/index.js';
import { putChat } from '../data/library.js';
import { service } from '../data/service.js';
import { Dialog } from '../parts/dialog.js';
import { t } from '../strings/strings.js';
import { SubmitRow, useSubmission } from './fields.js';
import { SamplerFields, samplerChange, samplersOf } from './samplerFields.js';

/** Changes how replies of a narrative or document chat are requested, from the next message on. */
export function ChatSettingsDialog({ chat, onClose }: { chat: Chat; onClose(): void }) {
  const form = useSignal(samplersOf(chat));
  const submission = useSubmission(async () => {
    putChat(await service.updateChat(chat.id, samplerChange(form.peek())));
    onClose();
  });
  return (
    <Dialog title={t().common.settings} onClose={onClose}>
      <form class="form" onSubmit={submission.onSubmit}>
        <SamplerFields form={form} />
        <p class="hint">{t().forms.nextMessage}</p>
        <SubmitRow submission={submission} action={t().common.save} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
