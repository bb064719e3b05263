import { computed, type ReadonlySignal } from '@preact/signals';

/** A computed list that stays the same array while it holds the same items, so that readers do not render again. */
export function stableList<T>(compute: () => T[]): ReadonlySignal<readonly T[]> {
  let last: readonly T[] = [];
  return computed(() => {
    const next = compute();
    if (next.length !== last.length || next.some((item, n) => item !== last[n])) last = next;
    return last;
  });
}
