import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';
import { wantedSeq } from '../../data/route.js';
import type { OpenChat } from '../../data/stream/openChat.js';
import type { Item } from '../../timeline/timeline.js';

/** Milliseconds for which the message is outlined. */
const outlinedMs = 4_000;

/**
 * Scrolls to the message that the page's address names, and loads older ones until it is there. `show` renders at least so
 * many items; `rendered` is how many are.
 */
export function useWantedMessage(
  chat: OpenChat,
  items: readonly Item[],
  root: RefObject<HTMLElement | null>,
  { rendered, show }: { rendered: number; show(count: number): void },
): void {
  const wanted = wantedSeq.value;
  useEffect(() => {
    if (wanted === null) return;
    const at = placeOf(items, wanted, chat.hasOlder.value);
    if (at === 'older') return void chat.loadOlder();
    // The messages are not loaded yet.
    if (at < 0) return;
    const item = items[at];
    const element = item && root.current?.querySelector(`[data-seq="${item.seq}"]`);
    if (item && !element) return show(items.length - at + 5);
    wantedSeq.value = null;
    if (!element) return;
    element.scrollIntoView({ block: 'start' });
    element.classList.add('wanted');
    setTimeout(() => element.classList.remove('wanted'), outlinedMs);
  }, [wanted, items, rendered, chat]);
}

/** The index of the exchange of an event: the one that has it, else the last one before it; -1 if there is none. */
function placeOf(items: readonly Item[], seq: number, hasOlder: boolean): number | 'older' {
  const exact = items.findIndex(
    (item) =>
      item.type === 'exchange' &&
      (item.seq === seq || item.prose?.seq === seq || item.beats.some((beat) => beat.seq === seq)),
  );
  if (exact >= 0) return exact;
  const before = items.findLastIndex((item) => item.type === 'exchange' && item.seq < seq);
  return before < 0 && hasOlder ? 'older' : before;
}
