/** With a touch screen alone the focus would open the keyboard over the messages. */
const hasKeyboard = matchMedia('(hover: hover)');

/** Puts the focus into the message box. */
export const focusComposer = (): void => document.getElementById('composer-text')?.focus();

/** The same without a request of the user: not over a dialog, and not where it opens a keyboard on the screen. */
export function offerComposer(): void {
  if (hasKeyboard.matches && document.querySelector('dialog[open]') === null) focusComposer();
}
