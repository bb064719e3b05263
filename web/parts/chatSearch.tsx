import { useEffect, useState } from 'preact/hooks';
import type { FoundText } from '../../client/src/index.js';
import { chats, titleOf } from '../data/library.js';
import { service } from '../data/service.js';
import { messageOf } from '../strings/errors.js';
import { t } from '../strings/strings.js';

/** Milliseconds without a key press before texts are searched. */
const pauseMs = 250;

type Found = { query: string; items: readonly FoundText[]; failure: string | null };

/** What was said in any chat. A result opens its chat at the message. */
export function FoundTexts({ query, onChosen }: { query: string; onChosen(): void }) {
  const found = useFound(query);
  if (found.query !== query) return <p class="hint loading">{t().sidebar.searching}</p>;
  return (
    <section aria-label={t().sidebar.messagesFound}>
      <h2 class="list-head">{t().sidebar.messages}</h2>
      {found.failure ? <p class="failure">{found.failure}</p> : null}
      {!found.failure && found.items.length === 0 ? <p class="empty">{t().sidebar.noMessages}</p> : null}
      {found.items.map(({ chatId, seq, snippet }) => {
        const chat = chats.value?.find(({ id }) => id === chatId);
        return (
          <a key={`${chatId} ${seq}`} href={`#${chatId}/${seq}`} class="chat-link found" onClick={onChosen}>
            <span class="chat-title">{chat ? titleOf(chat) : t().common.chat}</span>
            <span class="chat-kind snippet">{snippet}</span>
          </a>
        );
      })}
    </section>
  );
}

function useFound(query: string): Found {
  const [found, setFound] = useState<Found>({ query: '', items: [], failure: null });
  useEffect(() => {
    let isCurrent = true;
    const show = (items: readonly FoundText[], failure: string | null) =>
      isCurrent && setFound({ query, items, failure });
    const timer = setTimeout(
      () =>
        service.search(query).then(
          (items) => show(items, null),
          (error: unknown) => show([], messageOf(error)),
        ),
      pauseMs,
    );
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [query]);
  return found;
}
