import { nameOf } from '../data/library.js';
import type { OpenChat } from '../data/openChat.js';
import { discard, sendTurn, unsentTurns } from '../data/outbox.js';
import type { Exchange } from '../timeline/timeline.js';

/** What was said here and is on its way, until the log has it; what was refused, with why. */
export function UnsentTurns({ chat }: { chat: OpenChat }) {
  const mine = unsentTurns.value.filter(({ chatId }) => chatId === chat.id);
  if (mine.length === 0) return null;
  const exchanges = [...chat.timeline.value.exchanges.values()];
  return (
    <>
      {mine
        .filter(({ turn, after }) => !exchanges.some((exchange) => isThat(exchange, turn.text, after)))
        .map((item) => (
          <section class="exchange" key={item.key}>
            <article class="mine pending" aria-label={`${nameOf('you')}, on its way`}>
              {item.turn.quote && <blockquote>{item.turn.quote}</blockquote>}
              <div class="mine-text">{item.turn.text}</div>
            </article>
            {item.refusal === null ? (
              <p class="hint sending">Sending…</p>
            ) : (
              <div class="failure sending" role="alert">
                <p>{item.refusal}</p>
                <div class="row">
                  <button
                    type="button"
                    class="button"
                    onClick={() => {
                      discard(item.key);
                      void sendTurn(chat.id, item.turn, item.after);
                    }}
                  >
                    Try again
                  </button>
                  <button type="button" class="quiet" onClick={() => discard(item.key)}>
                    Discard
                  </button>
                </div>
              </div>
            )}
          </section>
        ))}
    </>
  );
}

/** The log may have it before the answer is here. */
const isThat = ({ seq, prose }: Exchange, text: string, after: number) => seq > after && prose?.text === text;
