import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

type DialogProps = {
  title: string;
  /** Called when it is closed by Escape, by its button or by a click beside it. */
  onClose(): void;
  children: ComponentChildren;
  wide?: boolean;
};

/** A modal dialog: the browser keeps the focus within, and gives it back. */
export function Dialog({ title, onClose, children, wide = false }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const pressed = useRef(false);
  const isGone = useRef(false);
  const titleId = useId();
  // Before it leaves the page: a dialog that is no longer on it gives no focus back when it is closed.
  useLayoutEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => {
      isGone.current = true;
      dialog?.close();
    };
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the browser closes it at Escape
    <dialog
      ref={ref}
      class={wide ? 'dialog wide' : 'dialog'}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      // A second Escape closes it without withKeyPrompt. That it goes with its page is told later, when nobody minds.
      onClose={() => isGone.current || onClose()}
      onPointerDown={(event) => {
        pressed.current = event.target === ref.current;
      }}
      // Not when text was selected within, and the pointer let go beside it.
      onClick={(event) => event.target === ref.current && pressed.current && onClose()}
    >
      <header class="dialog-head">
        <h2 id={titleId}>{title}</h2>
        <button type="button" class="icon-button" aria-label="Close" onClick={onClose}>
          ×
        </button>
      </header>
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}
