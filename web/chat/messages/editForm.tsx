import type { OpenChat } from '../../data/stream/openChat.js';
import { t } from '../../strings/strings.js';
import type { Exchange } from '../../timeline/timeline.js';
import { currentTurnId, endSeqOf } from '../turns/exchangeIds.js';
import { sendEdit } from './pendingEdits.js';
import { TextForm } from './textForm.js';

type EditProps = {
  chat: OpenChat;
  exchange: Exchange;
  next: Exchange | undefined;
  text: string;
  /** The text as it was typed; null closes the form. */
  onText(text: string | null): void;
};

/**
 * Edits a message of the user and has it answered again. The form closes at once, and opens again with the text where
 * the service refuses it.
 */
export function EditForm({ chat, exchange, next, text, onText }: EditProps) {
  const send = async () => {
    onText(null);
    const rewindTo = next ? endSeqOf(exchange, next) : null;
    const edit = { chatId: chat.id, seq: exchange.seq, text, turnId: currentTurnId(exchange), rewindTo };
    if (!(await sendEdit(edit))) onText(text);
  };
  return (
    <TextForm
      label={t().message.yours}
      saveLabel={t().message.resend}
      text={text}
      onText={onText}
      onSave={() => void send()}
    >
      {next && <p class="hint">{t().message.removesLater}</p>}
    </TextForm>
  );
}
