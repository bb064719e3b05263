import { describe, expect, test } from '@jest/globals';
import { createPlaces, type Places, placeLimits, type Release } from './places.js';

/** One place, for which a few tasks may wait. */
const one = { total: 1, perOwner: 1, waiting: 4 };

const noHurry = () => ({ signal: new AbortController().signal, withinMs: 60_000 });

/** Asks for places of one owner, and collects the releases of those that were taken. */
function ask(places: Places, owner: string, times: number) {
  const releases: Release[] = [];
  for (let n = 0; n < times; n++)
    void places.take(owner, noHurry()).then((taken) => {
      if (taken !== 'late') releases.push(taken);
    });
  return { releases };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('the places of a worker', () => {
  test.each([1, 2, 3, 4, 16, 200])('give one owner at most %i places, and keep some for other owners', async (size) => {
    const places = createPlaces(placeLimits(size));
    const ann = ask(places, 'ann', size * 3);
    await settled();
    expect(ann.releases).toHaveLength(size);
    const ben = ask(places, 'ben', 1);
    await settled();
    expect(ben.releases).toHaveLength(1);
  });

  test('are left for a fourth owner when three owners ask for more than there are', async () => {
    const places = createPlaces(placeLimits(200));
    for (const owner of ['ann', 'ben', 'cleo']) ask(places, owner, 300);
    const dora = ask(places, 'dora', 1);
    await settled();
    expect(dora.releases).toHaveLength(1);
  });

  test('go to the owner that holds the fewest, then to the one that has waited longest', async () => {
    const places = createPlaces({ ...placeLimits(8), waiting: 16 });
    const ann = ask(places, 'ann', 10);
    const ben = ask(places, 'ben', 6);
    await settled();
    expect([ann.releases.length, ben.releases.length]).toEqual([8, 1]);
    for (let n = 0; n < 4; n++) ann.releases.pop()?.();
    await settled();
    expect([ann.releases.length, ben.releases.length]).toEqual([4, 4]);
  });

  test('are released once, and waiting tasks of an owner take them in order', async () => {
    const places = createPlaces(one);
    const first = await take(places, 'ann');
    const order: number[] = [];
    for (const n of [1, 2]) void places.take('ben', noHurry()).then(() => order.push(n));
    await settled();
    first();
    first();
    await settled();
    expect(order).toEqual([1]);
  });

  test('are not taken by a task that was stopped while it waited', async () => {
    const places = createPlaces(one);
    const release = await take(places, 'ann');
    const stop = new AbortController();
    const stopped = places.take('ann', { signal: stop.signal, withinMs: 60_000 });
    stop.abort(new Error('stopped'));
    await expect(stopped).rejects.toThrow('stopped');
    release();
    await take(places, 'ben');
  });

  test('are not waited for after close, and those that are taken stay taken', async () => {
    const places = createPlaces(one);
    await take(places, 'ann');
    const waiting = places.take('ann', noHurry());
    places.close();
    expect([await waiting, await places.take('ben', noHurry())]).toEqual(['late', 'late']);
  });

  test('are waited for by a few tasks, of which the owner with the most gives way to another', async () => {
    const places = createPlaces({ total: 1, perOwner: 1, waiting: 2 });
    const release = await take(places, 'ann');
    const [first, second] = [places.take('ann', noHurry()), places.take('ann', noHurry())];
    expect(await places.take('ann', noHurry())).toBe('late');
    const ben = places.take('ben', noHurry());
    expect(await second).toBe('late');
    expect(await places.take('cleo', noHurry())).toBe('late');
    release();
    const next = await first;
    if (next !== 'late') next();
    expect(await ben).not.toBe('late');
  });

  test('tell the mean time between the last sixteen releases, and that none was for a while', async () => {
    let now = 0;
    const places = createPlaces(one, () => now);
    expect(places.releaseIntervalMs('ben')).toBe(0);
    for (let n = 0; n < 20; n++) {
      const release = await take(places, 'ann');
      now += 100;
      release();
    }
    expect(places.releaseIntervalMs('ben')).toBe(1_500 / 16);
    now += 1_600;
    expect(places.releaseIntervalMs('ben')).toBe(3_100 / 16);
  });

  test('do not count releases that leave no place for an owner with its share', async () => {
    let now = 0;
    const places = createPlaces(placeLimits(4), () => now);
    for (const owner of ['ann', 'cleo']) places.releaseIntervalMs(owner);
    const ann = await Promise.all([1, 2, 3, 4].map(() => take(places, 'ann')));
    now += 50;
    (await take(places, 'ben'))();
    now += 50;
    expect(places.releaseIntervalMs('ann')).toBe(100);
    expect(places.releaseIntervalMs('cleo')).toBe(50);
    ann[0]?.();
    now += 50;
    expect(places.releaseIntervalMs('ann')).toBe(75);
  });

  test('are waited for until the time limit', async () => {
    const places = createPlaces(one);
    await take(places, 'ann');
    expect(await places.take('ann', { ...noHurry(), withinMs: 1 })).toBe('late');
  });
});

async function take(places: Places, owner: string): Promise<Release> {
  const taken = await places.take(owner, noHurry());
  if (taken === 'late') throw new Error('no place');
  return taken;
}
