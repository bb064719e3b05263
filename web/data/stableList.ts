import { computed, type ReadonlySignal } from '@preact/signals';

/** A list that stays the same array for as long as it holds the same things, so that nobody is told of no change. */
export function stableList<T>(compute: () => T[]): ReadonlySignal<readonly T[]> {
  let last: readonly T[] = [];
  return computed(() => {
    const next = compute();
    if (next.length !== last.length || next.some((item, n) => item !== last[n])) last = next;
    return last;
  });
}
