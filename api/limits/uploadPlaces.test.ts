import { expect, test } from '@jest/globals';
import { createUploadPlaces } from './uploadPlaces.js';

function waiting() {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { work: () => ended, end: () => end() };
}

test('an owner has some places, and all owners together have some', async () => {
  const inPlace = createUploadPlaces({ perOwner: 1, inAll: 2 });
  const [first, second] = [waiting(), waiting()];
  const refused = { code: 'rate_limited', headers: { 'Retry-After': '2' } };
  const running = [inPlace('ann', first.work), inPlace('bob', second.work)];
  await expect(inPlace('ann', async () => 1)).rejects.toMatchObject(refused);
  await expect(inPlace('cid', async () => 1)).rejects.toMatchObject(refused);
  first.end();
  await running[0];
  await expect(inPlace('ann', async () => 1)).resolves.toBe(1);
  await expect(inPlace('bob', async () => 1)).rejects.toMatchObject(refused);
  second.end();
  await running[1];
});

test('work that fails gives its place back', async () => {
  const inPlace = createUploadPlaces({ perOwner: 1, inAll: 1 });
  await expect(inPlace('ann', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  await expect(inPlace('ann', async () => 1)).resolves.toBe(1);
});
