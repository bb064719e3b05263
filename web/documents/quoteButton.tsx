import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../strings/strings.js';
import { pendingQuote } from './pendingQuote.js';

/** Wraps a text, and offers to quote what the user selects in it. */
export function QuoteButton({ children }: { children: ComponentChildren }) {
  const ref = useRef<HTMLDivElement>(null);
  const selected = useSignal('');
  useEffect(() => {
    const update = () => {
      selected.value = ref.current ? selectedIn(ref.current) : '';
    };
    document.addEventListener('selectionchange', update);
    return () => document.removeEventListener('selectionchange', update);
  }, [selected]);
  const quote = () => {
    pendingQuote.value = selected.peek();
    getSelection()?.removeAllRanges();
  };
  return (
    <div class="quotable" ref={ref}>
      {children}
      {selected.value === '' ? null : (
        <div class="quote-bar">
          {/* Without preventDefault the press clears the selection before the click. */}
          <button
            type="button"
            class="button primary"
            onPointerDown={(event) => event.preventDefault()}
            onClick={quote}
          >
            {t().documents.quote}
          </button>
        </div>
      )}
    </div>
  );
}

/** The selected text of the document, without the insertions of suggested changes. */
function selectedIn(element: HTMLElement): string {
  const selection = getSelection();
  if (!selection || selection.isCollapsed || selection.rangeCount === 0) return '';
  const range = selection.getRangeAt(0);
  if (!element.contains(range.commonAncestorContainer)) return '';
  const copy = range.cloneContents();
  for (const insertion of copy.querySelectorAll('ins, button')) insertion.remove();
  // A selection inside one insertion has no text of the document.
  const around = range.commonAncestorContainer;
  const holder = around instanceof Element ? around : around.parentElement;
  return holder?.closest('ins, button') ? '' : (copy.textContent ?? '').trim();
}
