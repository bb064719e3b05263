import { readFileSync } from 'node:fs';
import TestSequencer from '@jest/test-sequencer';

/**
 * The files of `longest.json` before all others, in its order. Begun last, one of them would keep a whole run waiting
 * for its end. Jest orders the others: by how long they took before, or, on a new machine, by their size.
 */
const longest = JSON.parse(readFileSync(new URL('longest.json', import.meta.url), 'utf8'));

const rankOf = ({ path }) => {
  const rank = longest.findIndex((name) => path.endsWith(`/test/${name}.test.ts`));
  return rank === -1 ? longest.length : rank;
};

export default class LongestFirst extends TestSequencer {
  sort(tests) {
    return super.sort(tests).sort((a, b) => rankOf(a) - rankOf(b));
  }
}
