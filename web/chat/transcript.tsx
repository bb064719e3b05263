import { useComputed } from '@preact/signals';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Chat } from '../../client/src/index.js';
import { useCharacter } from '../data/characters.js';
import { nameOf } from '../data/library.js';
import type { OpenChat } from '../data/openChat.js';
import { unsentTurns } from '../data/outbox.js';
import { stableList } from '../data/stableList.js';
import { Markdown } from '../parts/markdown.js';
import { type Exchange, type Item, itemsOf } from '../timeline/timeline.js';
import { ExchangeView } from './exchange.js';
import { EarlierStuckSteps } from './followUps.js';
import { NoteView } from './note.js';
import { RewindBanner } from './rewindDialog.js';
import { useScrollAnchor } from './scrollAnchor.js';
import { Speaker } from './speaker.js';
import { UnsentTurns } from './unsentTurns.js';

/** How many items are on the page at first, and how many more at each step back. */
const step = 40;

/** What was said, the newest at the end. Of a long chat the end is on the page; more comes as one scrolls back. */
export function Transcript({ chat, resource }: { chat: OpenChat; resource: Chat }) {
  const [shown, setShown] = useState(step);
  const root = useRef<HTMLElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const items = useComputed(() => itemsOf(chat.timeline.value));
  const far = useMemo(
    () =>
      stableList(() => [...chat.turns.value.values()].filter(({ turnId }) => !hasTurn(chat.timeline.value, turnId))),
    [chat],
  );
  const all = items.value;
  const visible = all.slice(Math.max(0, all.length - shown));
  const hasOlder = visible.length < all.length || chat.hasOlder.value;
  const { isAtEnd, toEnd, keepPlace } = useScrollAnchor(root, content);

  const isLoading = useRef(false);
  const showOlder = async () => {
    if (isLoading.current) return;
    isLoading.current = true;
    if (visible.length === all.length) {
      // What is loaded must not show by itself, before the place is kept.
      setShown(visible.length);
      await chat.loadOlder();
    }
    keepPlace();
    setShown((count) => Math.max(count, visible.length) + step);
    isLoading.current = false;
  };
  // Who says something wants to see it.
  const saidHere = unsentTurns.value.filter(({ chatId }) => chatId === chat.id).length;
  useLayoutEffect(() => {
    if (saidHere > 0) toEnd();
  }, [saidHere, toEnd]);
  // Who is back at the end has read what is above: the page need not carry it along.
  useEffect(() => {
    if (isAtEnd) setShown((count) => (count > 3 * step ? step : count));
  }, [isAtEnd]);
  const top = useOnSight(root, showOlder, `${visible.length} ${all.length} ${chat.hasOlder.value}`);
  const nextOf = nextExchanges(visible);

  return (
    <div class="transcript-frame">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is to be scrolled by keyboard */}
      <section class={`transcript ${resource.kind}`} ref={root} tabIndex={0} aria-label="Transcript">
        <div class="transcript-content" ref={content}>
          {hasOlder ? (
            <div class="older" ref={top}>
              <button type="button" class="quiet" onClick={showOlder}>
                Show earlier messages
              </button>
            </div>
          ) : (
            <Beginning resource={resource} isEmpty={all.every(({ type }) => type === 'note')} />
          )}
          {visible.map((item) =>
            item.type === 'note' ? (
              <NoteView key={item.seq} note={item} />
            ) : (
              <ExchangeView
                key={item.seq}
                chat={chat}
                kind={resource.kind}
                exchange={item}
                next={nextOf.get(item.seq)}
              />
            ),
          )}
          <EarlierStuckSteps turns={far.value} />
          <UnsentTurns chat={chat} />
          <RewindBanner chat={chat} />
        </div>
      </section>
      {!isAtEnd && (
        <button type="button" class="button to-end" onClick={toEnd}>
          ↓ Latest
        </button>
      )}
    </div>
  );
}

/** By an exchange's seq, the one after it. */
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

/** Calls when an element comes into sight; looks again whenever `seen` changes, since it may still be there. */
function useOnSight(root: { current: HTMLElement | null }, onSight: () => void, seen: string) {
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (!element.current) return;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && onSight(), {
      root: root.current,
      rootMargin: '600px 0px 0px 0px',
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [seen]);
  return element;
}

const invitations: Record<Chat['kind'], string> = {
  narrative: 'Nothing was said yet. Say something, and the scene begins.',
  document: 'Ask about the document, or for a change: what is proposed shows in the text, to accept or to decline.',
  agent: 'Ask for something. The agent thinks, uses its tools, and answers.',
  relay: 'Ask something. Another service answers, through the same pipe.',
};

/** The chat's first line: who is there. */
function Beginning({ resource, isEmpty }: { resource: Chat; isEmpty: boolean }) {
  const greeting = useCharacter(resource.hostId)?.greeting;
  if (!isEmpty) return <p class="beginning hint">This is the beginning of the chat.</p>;
  return (
    <div class="beginning">
      {greeting && resource.hostId && (
        <article class="beat">
          <Speaker id={resource.hostId} />
          <Markdown text={greeting} />
        </article>
      )}
      <p class="empty">
        {resource.hostId && !greeting && <strong>{nameOf(resource.hostId)} is here. </strong>}
        {invitations[resource.kind]}
      </p>
    </div>
  );
}
