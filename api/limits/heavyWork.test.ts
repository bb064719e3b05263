import { describe, expect, it } from '@jest/globals';
import { Problem } from '../http/problem.js';
import { createHeavyWork } from './heavyWork.js';

/** Work that ends when `end` is called. */
function job() {
  let end = () => {};
  let begun = false;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const work = () => {
    begun = true;
    return ended;
  };
  return { work, end: () => end(), begun: () => begun };
}
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('heavy work', () => {
  it('runs one at a time for an owner, in order, and in parallel for other owners', async () => {
    const heavy = createHeavyWork({ atOnce: 2, waitingPerOwner: 5 });
    const [first, second, other, third] = [job(), job(), job(), job()];
    const all = [
      heavy('ann', first.work),
      heavy('ann', second.work),
      heavy('ben', other.work),
      heavy('cat', third.work),
    ];
    await settle();
    expect([first, second, other, third].map((each) => each.begun())).toEqual([true, false, true, false]);
    other.end();
    await settle();
    expect([second.begun(), third.begun()]).toEqual([false, true]);
    first.end();
    await settle();
    expect(second.begun()).toBe(true);
    for (const each of [second, third]) each.end();
    await Promise.all(all);
  });

  it('continues after work that failed', async () => {
    const heavy = createHeavyWork({ atOnce: 1, waitingPerOwner: 5 });
    await expect(heavy('ann', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await heavy('ann', async () => 'yes')).toBe('yes');
  });

  it('is refused to an owner with too much waiting work, and to no other owner', async () => {
    const heavy = createHeavyWork({ atOnce: 1, waitingPerOwner: 1 });
    const [running, waits] = [job(), job()];
    const all = [heavy('ann', running.work), heavy('ann', waits.work)];
    await expect(heavy('ann', async () => 1)).rejects.toBeInstanceOf(Problem);
    const ben = heavy('ben', async () => 2);
    for (const each of [running, waits]) each.end();
    expect(await ben).toBe(2);
    await Promise.all(all);
  });
});
