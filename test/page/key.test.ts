import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startViewers, type Viewers } from '../support/page/viewers.js';
import { type Service, startService } from '../support/service/service.js';

let service: Service;
let viewers: Viewers;

beforeAll(async () => {
  viewers = await startViewers();
  service = await startService({ env: { API_KEYS: 'open-sesame:ada' } });
}, 180_000);
afterAll(async () => {
  await viewers?.dispose();
  await service?.dispose();
}, 60_000);
afterEach(() => viewers.closeAll());

describe('the page of a service that requires a key', () => {
  test('asks for a key, explains why malformed and wrong keys are refused, and opens with the right one', async () => {
    const viewer = await viewers.open(service.api, null);
    const dialog = viewer.dialog('Enter your API key');
    const give = async (key: string) => {
      await dialog.getByLabel('API key').fill(key);
      await dialog.getByRole('button', { name: 'Continue' }).click();
    };
    await dialog.waitFor();
    expect(await dialog.getByRole('alert').count()).toBe(0);
    for (const noKey of ['not the key', 'schlüssel', '🔑']) {
      await give(noKey);
      await dialog.getByRole('alert').getByText('This is not a valid API key.').waitFor();
    }
    await give('not-the-key');
    await dialog.getByRole('alert').getByText('This API key was not accepted.').waitFor();
    expect(await viewer.page.getByRole('link', { name: 'The lamp room' }).count()).toBe(0);

    await give('open-sesame');
    await dialog.waitFor({ state: 'detached' });
    await viewer.waitUntilConnected();
    await viewer.sendMessage('Is anybody there?');
    await viewer.page.locator('.beat[data-turn]:not(.streaming)').first().waitFor();

    await viewer.reload();
    await viewer.page.locator('.beat[data-turn]:not(.streaming)').first().waitFor();
    expect(await dialog.count()).toBe(0);
    // What the browser itself says of the refusals; nothing else.
    expect(viewer.problems.filter((line) => !line.includes('status of 401'))).toEqual([]);

    const other = await viewers.open(service.api, null, { beside: viewer });
    await other.dialog('Enter your API key').waitFor();
  }, 120_000);
});
