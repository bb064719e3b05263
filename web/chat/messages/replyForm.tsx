import { useState } from 'preact/hooks';
import { tryOrNotify } from '../../data/notices.js';
import { service } from '../../data/service.js';
import { t } from '../../strings/strings.js';
import type { DisplayedBeat } from './displayedBeats.js';
import { TextForm } from './textForm.js';

/** Edits a reply. The text becomes a version of it: the old one can be chosen again. The form stays where that fails. */
export function ReplyForm({ beat, onClose }: { beat: DisplayedBeat; onClose(): void }) {
  const [text, setText] = useState(beat.text);
  const save = () =>
    tryOrNotify(async () => {
      await service.editReply(beat.turnId, { beat: beat.beat, text });
      onClose();
    });
  const onText = (typed: string | null) => (typed === null ? onClose() : setText(typed));
  return (
    <TextForm
      label={t().message.reply}
      saveLabel={t().common.save}
      text={text}
      rows={8}
      onText={onText}
      onSave={() => void save()}
    />
  );
}
