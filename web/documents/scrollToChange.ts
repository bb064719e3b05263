/** The ids of a change's place in the text, and of its card in the list. */
export const changeInTextId = (changeId: string): string => `place-${changeId}`;
export const changeCardId = (changeId: string): string => `card-${changeId}`;

/** Brings an element into view, and the focus to it, and points it out for a moment. */
export function show(id: string): void {
  const element = document.getElementById(id);
  if (!element) return;
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  element.scrollIntoView({ block: 'center', behavior: still ? 'auto' : 'smooth' });
  element.focus({ preventScroll: true });
  element.classList.remove('pointed-out');
  // The style must be worked out once without the class for its animation to begin anew.
  void element.offsetWidth;
  element.classList.add('pointed-out');
}
