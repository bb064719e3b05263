import { expect, jest, test } from '@jest/globals';
import { asyncLocalStorage } from '@temporalio/activity';
import { createPlaces } from '../../lib/places/places.js';
import { fairPlaces } from './fairPlaces.js';

const none = () => undefined;

/** Activities of one owner in a worker with one place. Says what each did, in order. */
function oneWorker() {
  const drain = { onDraining: none } as never;
  const places = createPlaces({ total: 1, perOwner: 1, waiting: 1 });
  const factory = fairPlaces({ places, drain, ownerOf: async () => 'ann' });
  const did: string[] = [];
  const run = (name: string, work: () => Promise<unknown>, activityType = 'streamReply') => {
    const context = {
      info: { activityType, isLocal: false, priority: { fairnessKey: 'ann' } },
      cancellationSignal: new AbortController().signal,
      heartbeat: () => did.push(`${name}: heartbeat`),
    };
    const { inbound } = factory(context as never);
    const next = async () => {
      did.push(`${name}: begins`);
      return work();
    };
    const input = { args: [{ webhookId: 'one' }], headers: {} };
    return asyncLocalStorage.run(context as never, () => inbound?.execute?.(input as never, next));
  };
  return { did, run };
}

test.each([
  ['a reply', 'streamReply'],
  ['a webhook', 'sendWebhook'],
])('%s that waited for its place begins with a heartbeat', async (_, activityType) => {
  jest.useFakeTimers();
  const { did, run } = oneWorker();
  let finish: () => void = none;
  const first = run('first', () => new Promise<void>((resolve) => (finish = resolve)));
  const second = run('second', async () => undefined, activityType);
  await jest.advanceTimersByTimeAsync(900);
  expect(did).toEqual(['first: begins']);
  finish();
  await Promise.all([first, second]);
  jest.useRealTimers();
  expect(did).toEqual(['first: begins', 'second: heartbeat', 'second: begins']);
});

test('one that found a place at once sends none, which would cost Temporal a write', async () => {
  const { did, run } = oneWorker();
  await run('first', async () => undefined);
  expect(did).toEqual(['first: begins']);
});
