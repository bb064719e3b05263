/** The element ids of a change in the document's text, and of its card in the list. */
export const changeInTextId = (changeId: string): string => `change-${changeId}`;
export const changeCardId = (changeId: string): string => `card-${changeId}`;

/** Scrolls to an element, focuses it, and highlights it for a moment. */
export function scrollToElement(id: string): void {
  const element = document.getElementById(id);
  if (!element) return;
  const isMotionReduced = matchMedia('(prefers-reduced-motion: reduce)').matches;
  element.scrollIntoView({ block: 'center', behavior: isMotionReduced ? 'auto' : 'smooth' });
  element.focus({ preventScroll: true });
  element.classList.remove('highlighted');
  // Forces a layout without the class, so that its animation starts again.
  void element.offsetWidth;
  element.classList.add('highlighted');
}
