import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { scriptArgs } from '../../support/service/scriptArgs.js';
import { type Service, startService } from '../../support/service/service.js';

const run = promisify(execFile);
let service: Service;
beforeAll(async () => {
  service = await startService();
}, 180_000);
afterAll(() => service?.dispose(), 60_000);

test('the service passes its own conformance suite, which leaves no chat behind', async () => {
  const before = (await service.client.send<{ items: object[] }>('GET', '/v1/chats')).body.items.length;
  const { stdout } = await run(process.execPath, scriptArgs('scripts/conformance/main.ts', '--url', service.api), {
    timeout: 150_000,
  }).catch((error: { stdout: string }) => error);
  expect(stdout).toMatch(/\d\d passed, 0 failed\n$/);
  const after = (await service.client.send<{ items: object[] }>('GET', '/v1/chats')).body.items.length;
  expect(after).toBe(before);
}, 180_000);
