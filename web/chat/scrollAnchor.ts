import type { RefObject } from 'preact';
import { useCallback, useLayoutEffect, useRef, useState } from 'preact/hooks';

/** Nearer to the end than this, in pixels, one reads along. */
const nearPx = 80;

/**
 * Keeps the end in sight while somebody reads along, and the place where somebody else reads: what comes in above,
 * when older messages are loaded, moves nothing.
 */
export function useScrollAnchor(root: RefObject<HTMLElement | null>, content: RefObject<HTMLDivElement | null>) {
  const [isAtEnd, setAtEnd] = useState(true);
  const sticks = useRef(true);
  /** How far from the end the place is that is to be kept; null when there is none. */
  const fromEnd = useRef<number | null>(null);

  useLayoutEffect(() => {
    const [box, inner] = [root.current, content.current];
    if (!box || !inner) return;
    const resized = new ResizeObserver(() => {
      if (sticks.current) box.scrollTop = box.scrollHeight;
      else if (fromEnd.current !== null) box.scrollTop = box.scrollHeight - fromEnd.current;
      fromEnd.current = null;
    });
    const scrolled = () => {
      const near = box.scrollHeight - box.scrollTop - box.clientHeight < nearPx;
      sticks.current = near;
      setAtEnd(near);
    };
    resized.observe(inner);
    resized.observe(box);
    box.addEventListener('scroll', scrolled, { passive: true });
    return () => {
      resized.disconnect();
      box.removeEventListener('scroll', scrolled);
    };
  }, [root, content]);

  const toEnd = useCallback(() => {
    sticks.current = true;
    if (root.current) root.current.scrollTop = root.current.scrollHeight;
  }, [root]);
  /** To be called before older messages are shown. */
  const keepPlace = useCallback(() => {
    const box = root.current;
    if (box) fromEnd.current = box.scrollHeight - box.scrollTop;
  }, [root]);
  return { isAtEnd, toEnd, keepPlace };
}
