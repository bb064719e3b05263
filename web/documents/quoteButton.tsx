import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { quoteSelection } from './pendingQuote.js';

/** Around a text: while some of it is selected, offers to quote that. */
export function QuoteButton({ children }: { children: ComponentChildren }) {
  const ref = useRef<HTMLDivElement>(null);
  const selected = useSignal('');
  useEffect(() => {
    const look = () => {
      selected.value = ref.current ? selectedIn(ref.current) : '';
    };
    document.addEventListener('selectionchange', look);
    return () => document.removeEventListener('selectionchange', look);
  }, [selected]);
  const quote = () => {
    quoteSelection(selected.peek());
    getSelection()?.removeAllRanges();
  };
  return (
    <div class="quotable" ref={ref}>
      {children}
      {selected.value === '' ? null : (
        <div class="quote-bar">
          {/* A press would take the selection away before the click comes. */}
          <button
            type="button"
            class="button primary"
            onPointerDown={(event) => event.preventDefault()}
            onClick={quote}
          >
            Quote in message
          </button>
        </div>
      )}
    </div>
  );
}

/** What is selected of the text as it stands: what a change would put in is not part of it. */
function selectedIn(element: HTMLElement): string {
  const selection = getSelection();
  if (!selection || selection.isCollapsed || selection.rangeCount === 0) return '';
  const range = selection.getRangeAt(0);
  if (!element.contains(range.commonAncestorContainer)) return '';
  const copy = range.cloneContents();
  for (const aside of copy.querySelectorAll('ins, button')) aside.remove();
  // Within a single such word there is nothing of the text.
  const around = range.commonAncestorContainer;
  const holder = around instanceof Element ? around : around.parentElement;
  return holder?.closest('ins, button') ? '' : (copy.textContent ?? '').trim();
}
