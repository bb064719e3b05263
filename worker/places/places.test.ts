import { describe, expect, test } from '@jest/globals';
import { createPlaces, type Places, placeLimits, type Release } from './places.js';

const unhurried = () => ({ signal: new AbortController().signal, withinMs: 60_000 });

/** What each of so many asks of one owner came to so far. */
function ask(places: Places, owner: string, times: number) {
  const releases: Release[] = [];
  for (let n = 0; n < times; n++)
    void places.take(owner, unhurried()).then((taken) => {
      if (taken !== 'late') releases.push(taken);
    });
  return { releases };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('the places of a worker', () => {
  test.each([1, 2, 3, 4, 16, 200])(
    'are %i for one owner, who never takes those that are kept for others',
    async (size) => {
      const places = createPlaces(placeLimits(size));
      const ann = ask(places, 'ann', size * 3);
      await settled();
      expect(ann.releases).toHaveLength(size);
      const ben = ask(places, 'ben', 1);
      await settled();
      expect(ben.releases).toHaveLength(1);
    },
  );

  test('are there for a fourth owner when three ask for more than there are', async () => {
    const places = createPlaces(placeLimits(200));
    for (const owner of ['ann', 'ben', 'cleo']) ask(places, owner, 300);
    const dora = ask(places, 'dora', 1);
    await settled();
    expect(dora.releases).toHaveLength(1);
  });

  test('go to the owner who holds the fewest, then to who has waited longest', async () => {
    const places = createPlaces(placeLimits(8));
    const ann = ask(places, 'ann', 10);
    const ben = ask(places, 'ben', 6);
    await settled();
    expect([ann.releases.length, ben.releases.length]).toEqual([8, 1]);
    for (let n = 0; n < 4; n++) ann.releases.pop()?.();
    await settled();
    expect([ann.releases.length, ben.releases.length]).toEqual([4, 4]);
  });

  test('are given back once, and what waits takes them in the order of its asking', async () => {
    const places = createPlaces({ total: 1, perOwner: 1 });
    const first = await take(places, 'ann');
    const order: number[] = [];
    for (const n of [1, 2]) void places.take('ben', unhurried()).then(() => order.push(n));
    await settled();
    first();
    first();
    await settled();
    expect(order).toEqual([1]);
  });

  test('are no longer waited for by who is stopped, who then never takes one', async () => {
    const places = createPlaces({ total: 1, perOwner: 1 });
    const release = await take(places, 'ann');
    const stop = new AbortController();
    const stopped = places.take('ann', { signal: stop.signal, withinMs: 60_000 });
    stop.abort(new Error('stopped'));
    await expect(stopped).rejects.toThrow('stopped');
    release();
    await take(places, 'ben');
  });

  test('are waited for no longer once they close, while those who have one keep it', async () => {
    const places = createPlaces({ total: 1, perOwner: 1 });
    await take(places, 'ann');
    const waiting = places.take('ann', unhurried());
    places.close();
    expect([await waiting, await places.take('ben', unhurried())]).toEqual(['late', 'late']);
  });

  test('are waited for within a bound', async () => {
    const places = createPlaces({ total: 1, perOwner: 1 });
    await take(places, 'ann');
    expect(await places.take('ann', { ...unhurried(), withinMs: 1 })).toBe('late');
  });
});

async function take(places: Places, owner: string): Promise<Release> {
  const taken = await places.take(owner, unhurried());
  if (taken === 'late') throw new Error('no place');
  return taken;
}
