import { useSignal } from '@preact/signals';
import type { Chat } from '../../client/src/index.js';
import { putChat } from '../data/library.js';
import { service } from '../data/service.js';
import { Dialog } from '../parts/dialog.js';
import { t } from '../strings/strings.js';
import { AgentFields, formOf, settingsChange } from './agentFields.js';
import { SubmitRow, useSubmission } from './fields.js';

/** Changes the instructions, the model and the tools of an assistant, from its next message on. */
export function AgentSettingsDialog({ chat, onClose }: { chat: Chat; onClose(): void }) {
  const form = useSignal(formOf(chat));
  const submission = useSubmission(async () => {
    putChat(await service.updateChat(chat.id, settingsChange(form.peek())));
    onClose();
  });
  return (
    <Dialog title={t().common.settings} wide onClose={onClose}>
      <form class="form" onSubmit={submission.onSubmit}>
        <AgentFields form={form} />
        <p class="hint">{t().forms.nextMessage}</p>
        <SubmitRow submission={submission} action={t().common.save} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
