import type { RefObject } from 'preact';
import { useCallback, useLayoutEffect, useRef, useState } from 'preact/hooks';

/** Closer to the end than this, in CSS pixels, counts as being at the end. */
const nearEndPx = 80;

/**
 * Keeps the end visible while the reader is at the end; elsewhere keeps the visible text in place, also when older
 * messages are added above it.
 */
export function useScrollAnchor(root: RefObject<HTMLElement | null>, content: RefObject<HTMLDivElement | null>) {
  const [isAtEnd, setAtEnd] = useState(true);
  const followsEnd = useRef(true);
  /** The distance from the end to restore at the next resize, in CSS pixels; null when there is none. */
  const savedDistance = useRef<number | null>(null);

  useLayoutEffect(() => {
    const [box, inner] = [root.current, content.current];
    if (!box || !inner) return;
    const onResize = new ResizeObserver(() => {
      if (followsEnd.current) box.scrollTop = box.scrollHeight;
      else if (savedDistance.current !== null) box.scrollTop = box.scrollHeight - savedDistance.current;
      savedDistance.current = null;
    });
    const onScroll = () => {
      const isNear = box.scrollHeight - box.scrollTop - box.clientHeight < nearEndPx;
      followsEnd.current = isNear;
      setAtEnd(isNear);
    };
    onResize.observe(inner);
    onResize.observe(box);
    box.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      onResize.disconnect();
      box.removeEventListener('scroll', onScroll);
    };
  }, [root, content]);

  const scrollToEnd = useCallback(() => {
    followsEnd.current = true;
    if (root.current) root.current.scrollTop = root.current.scrollHeight;
  }, [root]);
  /** Call before older messages are shown. */
  const savePosition = useCallback(() => {
    const box = root.current;
    if (box) savedDistance.current = box.scrollHeight - box.scrollTop;
  }, [root]);
  return { isAtEnd, scrollToEnd, savePosition };
}
