import { useComputed } from '@preact/signals';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Chat } from '../../../client/src/index.js';
import { unsentTurns } from '../../data/outbox.js';
import type { OpenChat } from '../../data/stream/openChat.js';
import { stableList } from '../../data/stream/stableList.js';
import { t } from '../../strings/strings.js';
import { type Exchange, hasTurn, type Item, itemsOf } from '../../timeline/timeline.js';
import { EarlierStuckSteps } from '../composer/followUps.js';
import { RewindBanner } from '../dialogs/rewindBanner.js';
import { AddedMessageView } from '../messages/addedMessage.js';
import { GreetingView } from '../messages/greeting.js';
import { NoteView } from '../messages/note.js';
import { pendingEdits } from '../messages/pendingEdits.js';
import { ExchangeView } from '../turns/exchange.js';
import { UnsentTurns } from '../turns/unsentTurns.js';
import { ChatStart } from './chatStart.js';
import { useScrollAnchor } from './scrollAnchor.js';
import { useWantedMessage } from './wantedMessage.js';

/** How many items are rendered at first, and how many more each time the reader scrolls to the top. */
const pageSize = 40;

/** The messages of a chat, newest last. Of a long chat only the end is rendered, and more when the reader scrolls up. */
export function Transcript({ chat, resource }: { chat: OpenChat; resource: Chat }) {
  const [renderedCount, setRenderedCount] = useState(pageSize);
  const root = useRef<HTMLElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const items = useComputed(() => itemsOf(chat.timeline.value)).value;
  const unloadedTurns = useUnloadedTurns(chat);
  const visible = items.slice(Math.max(0, items.length - renderedCount));
  const edit = pendingEdits.value.get(chat.id);
  const isEditing = edit !== undefined && visible.some(({ seq }) => seq === edit.seq);
  const shown = isEditing ? visible.filter(({ seq }) => seq <= edit.seq) : visible;
  const hasOlder = visible.length < items.length || chat.hasOlder.value;
  const { isAtEnd, scrollToEnd, savePosition } = useScrollAnchor(root, content);

  const isLoading = useRef(false);
  const showOlder = async () => {
    if (isLoading.current) return;
    isLoading.current = true;
    if (visible.length === items.length) {
      // Loaded messages must not be rendered before the position is saved.
      setRenderedCount(visible.length);
      await chat.loadOlder();
    }
    savePosition();
    setRenderedCount((count) => Math.max(count, visible.length) + pageSize);
    isLoading.current = false;
  };
  const unsentCount = unsentTurns.value.filter(({ chatId }) => chatId === chat.id).length;
  useLayoutEffect(() => {
    if (unsentCount > 0) scrollToEnd();
  }, [unsentCount, scrollToEnd]);
  // A reader who is back at the end does not need the older messages rendered.
  useEffect(() => {
    if (isAtEnd) setRenderedCount((count) => (count > 3 * pageSize ? pageSize : count));
  }, [isAtEnd]);
  useWantedMessage(chat, items, root, {
    rendered: renderedCount,
    show: (count) => setRenderedCount((before) => Math.max(before, count)),
  });
  const top = useOnVisible(root, showOlder, `${visible.length} ${items.length} ${chat.hasOlder.value}`);
  const nextOf = nextExchanges(visible);

  return (
    <div class="transcript-frame">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section class={`transcript ${resource.kind}`} ref={root} tabIndex={0} aria-label={t().chat.messages}>
        <div class="transcript-content" ref={content}>
          {hasOlder ? (
            <div class="older" ref={top}>
              <button type="button" class="quiet" onClick={showOlder}>
                {t().chat.earlier}
              </button>
            </div>
          ) : (
            <ChatStart resource={resource} isEmpty={items.every(({ type }) => type === 'note')} />
          )}
          {shown.map((item) => (
            <ItemView key={item.seq} item={item} chat={chat} kind={resource.kind} next={nextOf.get(item.seq)} />
          ))}
          <EarlierStuckSteps turns={unloadedTurns} />
          <UnsentTurns chat={chat} />
          <RewindBanner chat={chat} />
        </div>
      </section>
      {!isAtEnd && (
        <button type="button" class="button to-end" onClick={scrollToEnd}>
          ↓ {t().chat.latest}
        </button>
      )}
    </div>
  );
}

type ItemProps = { item: Item; chat: OpenChat; kind: Chat['kind']; next: Exchange | undefined };

function ItemView({ item, chat, kind, next }: ItemProps) {
  switch (item.type) {
    case 'note':
      return <NoteView note={item} />;
    case 'greeting':
      return <GreetingView greeting={item} />;
    case 'added':
      return <AddedMessageView message={item} />;
    case 'exchange':
      return <ExchangeView chat={chat} kind={kind} exchange={item} next={next} />;
  }
}

/** Turns that have not ended, and whose messages are not loaded. */
function useUnloadedTurns(chat: OpenChat) {
  const turns = useMemo(
    () =>
      stableList(() => [...chat.turns.value.values()].filter(({ turnId }) => !hasTurn(chat.timeline.value, turnId))),
    [chat],
  );
  return turns.value;
}

/** The following exchange, by the seq of each exchange. */
function nextExchanges(items: readonly Item[]): Map<number, Exchange> {
  const next = new Map<number, Exchange>();
  let before: Exchange | undefined;
  for (const item of items) {
    if (item.type !== 'exchange') continue;
    if (before) next.set(before.seq, item);
    before = item;
  }
  return next;
}

/** Calls back when an element becomes visible. Observes again when `state` changes: it may still be visible then. */
function useOnVisible(root: { current: HTMLElement | null }, onVisible: () => void, state: string) {
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (!element.current) return;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && onVisible(), {
      root: root.current,
      rootMargin: '600px 0px 0px 0px',
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [state]);
  return element;
}
