import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { t } from '../strings/strings.js';

type DialogProps = {
  title: string;
  /** Called for Escape, the close button and a click on the backdrop. */
  onClose(): void;
  children: ComponentChildren;
  wide?: boolean;
};

/** A modal dialog. The browser keeps the focus in it, and restores the focus when it is closed. */
export function Dialog({ title, onClose, children, wide = false }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const isBackdropPressed = useRef(false);
  const isUnmounted = useRef(false);
  const titleId = useId();
  // A layout effect, since a dialog that was already removed from the document does not restore the focus.
  useLayoutEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => {
      isUnmounted.current = true;
      dialog?.close();
    };
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the browser handles Escape
    <dialog
      ref={ref}
      class={wide ? 'dialog wide' : 'dialog'}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      // A second Escape closes the dialog without a cancel event. The close event of an unmounted dialog comes too late.
      onClose={() => isUnmounted.current || onClose()}
      onPointerDown={(event) => {
        isBackdropPressed.current = event.target === ref.current;
      }}
      // Not when a text selection that began in the dialog ends on the backdrop.
      onClick={(event) => event.target === ref.current && isBackdropPressed.current && onClose()}
    >
      <header class="dialog-head">
        <h2 id={titleId}>{title}</h2>
        <button type="button" class="icon-button" aria-label={t().common.close} onClick={onClose}>
          ×
        </button>
      </header>
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}
