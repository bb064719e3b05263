import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Reading, type StockReader, stockReaders } from '../../support/dialects/stockReaders.js';
import type { ProviderCall } from '../../support/provider/scriptedProvider.js';
import { ending } from '../../support/provider/scriptedReply.js';
import { type ScriptedService, startScriptedService } from '../../support/service/scriptedService.js';
import { until } from '../../support/until.js';

let world: ScriptedService;
beforeAll(async () => {
  world = await startScriptedService();
  world.driveReplies();
}, 180_000);
afterAll(() => world?.dispose(), 60_000);

const FIRST = 'The lamp turns, ';
const WHOLE = 'The lamp turns, and turns.';

/** A client in the middle of a reply. */
type Half = { reader: StockReader; text: string; reading: Reading; call: ProviderCall };

const isFor =
  (text: string) =>
  ({ body }: Pick<ProviderCall, 'body'>) =>
    JSON.stringify(body.messages).includes(text);
const nextRequest = (text: string) => world.provider.nextRequest(isFor(text), 60_000);
const requestsOf = (text: string) => world.provider.requests.filter(isFor(text)).length;

/** All clients at once: a process dies once for all of them. */
async function begin(what: string): Promise<Half[]> {
  const halves = await Promise.all(
    stockReaders.map(async (reader) => {
      const text = `${what}, to ${reader.name}.`;
      const reading = reader.begin(world.service.api, text);
      const call = await nextRequest(text);
      await call.send(FIRST);
      return { reader, text, reading, call };
    }),
  );
  await untilShown(halves, FIRST);
  return halves;
}

const untilShown = (halves: readonly Half[], text: string) =>
  Promise.all(
    halves
      .filter(({ reader }) => reader.streams)
      .map(({ reader, reading }) =>
        until(`${text} on ${reader.name}`, async () => (reading.shown() === text ? true : null)).catch((error) => {
          throw new Error(`${reader.name} shows ${JSON.stringify(reading.shown())}`, { cause: error });
        }),
      ),
  );

async function finish({ call }: Pick<Half, 'call'>, text: string): Promise<void> {
  await call.send(text);
  await call.push(...ending());
}

async function killApi(): Promise<void> {
  const before = await world.service.kill('api', 'SIGKILL');
  await world.service.waitForRestart('api', before);
  await until('the api', async () => ((await isReady()) ? true : null));
}
const isReady = () =>
  fetch(`${world.service.api}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );

/** The worker dies, and another one asks for each reply again. */
async function killWorker(halves: readonly Half[]): Promise<Half[]> {
  const again = Promise.all(halves.map(async (half) => ({ ...half, call: await nextRequest(half.text) })));
  await world.service.kill('worker', 'SIGKILL');
  return again;
}

/** Every client comes back, and the reply goes on; the last piece comes when all of them have the one before. */
async function finishResumed(halves: readonly Half[], [next, last]: readonly [string, string]): Promise<void> {
  const resumed = resume(halves);
  await Promise.all(halves.map(({ call }) => call.send(next)));
  await untilShown(halves, WHOLE.slice(0, -last.length));
  await Promise.all(halves.map((half) => finish(half, last)));
  await resumed;
}

/** Every client comes back as it does. */
function resume(halves: readonly Half[]): Promise<unknown> {
  return Promise.all(
    halves.map(async ({ reader, reading }) => {
      if (reader.streams && reader.name !== 'WorkflowChatTransport') await reading.over;
      await reading.resume();
    }),
  );
}

const shown = (halves: readonly Half[]) => halves.map(({ reader, reading }) => [reader.name, reading.shown()]);
const whole = () => stockReaders.map(({ name }) => [name, WHOLE]);

describe('every stock client ends with the whole text once', () => {
  test('when the api is killed in the middle of its reply', async () => {
    const halves = await begin('A lost api');
    await killApi();
    await finishResumed(halves, ['and ', 'turns.']);
    expect(shown(halves)).toEqual(whole());
    expect(halves.map(({ text }) => requestsOf(text))).toEqual(halves.map(() => 1));
  }, 120_000);

  test('when the worker is killed in the middle of its reply', async () => {
    const halves = await killWorker(await begin('A lost worker'));
    await Promise.all(halves.map((half) => finish(half, WHOLE)));
    await Promise.all(halves.map(({ reading }) => reading.over));
    expect(shown(halves)).toEqual(whole());
  }, 120_000);

  test('when its draft is repeated, the api is killed in the middle of that, and then the worker again', async () => {
    const repeated = await killWorker(await begin('A repeated draft'));
    await Promise.all(repeated.map(({ call }) => call.send(`${FIRST}and `)));
    await untilShown(repeated, `${FIRST}and `);
    await killApi();
    const resumed = resume(repeated);
    const halves = await killWorker(repeated);
    await Promise.all(halves.map((half) => finish(half, WHOLE)));
    await resumed;
    expect(shown(halves)).toEqual(whole());
  }, 180_000);
});
