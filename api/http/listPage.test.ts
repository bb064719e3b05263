import { describe, expect, it } from '@jest/globals';
import { listPage } from './listPage.js';

type Item = { id: string; text: string };
const MiB = 1024 * 1024;
const item = (id: number, text = ''): Item => ({ id: `i${id}`, text });
const read = (items: Item[], limit: number) => {
  const { json = '' } = listPage(items, limit, ({ id }) => id);
  const page = JSON.parse(json) as { items: Item[]; next: string | null };
  return { bytes: Buffer.byteLength(json), ids: page.items.map(({ id }) => id), next: page.next };
};

describe('a page of a list', () => {
  it('ends at its limit, and has the last item as its cursor where more follow', () => {
    expect(read([item(1), item(2), item(3)], 2)).toMatchObject({ ids: ['i1', 'i2'], next: 'i2' });
    expect(read([item(1), item(2)], 2)).toMatchObject({ ids: ['i1', 'i2'], next: null });
    expect(read([], 2)).toMatchObject({ ids: [], next: null });
  });

  it.each(['x', 'é', '\u0001', '"'])('ends before 4 MiB of serialised items made of %j', (character) => {
    const page = read(
      Array.from({ length: 20 }, (_, n) => item(n, character.repeat(300_000))),
      20,
    );
    expect(page.bytes).toBeLessThanOrEqual(4 * MiB);
    expect(page.next).toBe(page.ids.at(-1));
    expect(page.ids.length).toBeGreaterThan(0);
  });

  it('has at least one item, whatever its size', () => {
    const large = item(1, 'x'.repeat(5 * MiB));
    expect(read([large, item(2)], 2)).toMatchObject({ ids: ['i1'], next: 'i1' });
    expect(read([large], 2)).toMatchObject({ ids: ['i1'], next: null });
  });
});
