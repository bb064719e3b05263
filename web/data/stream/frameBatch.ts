import type { ViewerFrame } from '../../../client/src/index.js';

/**
 * Collects frames and hands them over together before the next repaint, since many arrive at once. A hidden page is
 * not repainted: there they are handed over every 100 ms.
 */
export function batchFrames(show: (frames: readonly ViewerFrame[]) => void): (frame: ViewerFrame) => void {
  let frames: ViewerFrame[] = [];
  const flush = () => {
    const batch = frames;
    frames = [];
    show(batch);
  };
  return (frame) => {
    frames.push(frame);
    if (frames.length > 1) return;
    if (document.hidden) setTimeout(flush, 100);
    else requestAnimationFrame(flush);
  };
}
