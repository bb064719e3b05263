import { nameOf } from '../../data/library.js';
import { discard, sendTurn, type UnsentTurn, unsentTurns } from '../../data/outbox.js';
import type { OpenChat } from '../../data/stream/openChat.js';
import { UserText } from '../../markdown/userText.js';
import { t } from '../../strings/strings.js';
import type { Exchange } from '../../timeline/timeline.js';

/** Messages that are being sent, until the log has them, and messages that the service refused. */
export function UnsentTurns({ chat }: { chat: OpenChat }) {
  const ofChat = unsentTurns.value.filter(({ chatId }) => chatId === chat.id);
  if (ofChat.length === 0) return null;
  const exchanges = [...chat.timeline.value.exchanges.values()];
  return (
    <>
      {ofChat
        .filter((unsent) => !exchanges.some((exchange) => isTurnOf(exchange, unsent)))
        .map((unsent) => (
          <UnsentMessage key={unsent.key} unsent={unsent} />
        ))}
    </>
  );
}

/** Whether the log has the turn: its event may arrive before the answer to the request. */
const isTurnOf = ({ seq, prose }: Exchange, { turn, after }: UnsentTurn) => seq > after && prose?.text === turn.text;

function UnsentMessage({ unsent: { key, chatId, turn, after, refusal } }: { unsent: UnsentTurn }) {
  const resend = () => {
    discard(key);
    void sendTurn(chatId, turn, after);
  };
  return (
    <section class="exchange">
      <article class="user-message pending" aria-label={t().composer.notSent(nameOf('you'))}>
        {turn.quote && <blockquote>{turn.quote}</blockquote>}
        <UserText text={turn.text} />
        {turn.attachments?.length ? <p class="hint">{t().composer.withFiles(turn.attachments.length)}</p> : null}
      </article>
      {refusal === null ? (
        <p class="hint sending">{t().composer.sending}</p>
      ) : (
        <div class="failure sending" role="alert">
          <p>{refusal}</p>
          <div class="row">
            <button type="button" class="button" onClick={resend}>
              {t().common.tryAgain}
            </button>
            <button type="button" class="quiet" onClick={() => discard(key)}>
              {t().composer.discard}
            </button>
          </div>
        </div>
      )}
    </section>
  );
}
