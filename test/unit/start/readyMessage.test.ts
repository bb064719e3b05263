import { expect, test } from '@jest/globals';
import { readConfig } from '../../../config.js';
import type { RunFile } from '../../../scripts/start/dataDir.js';
import { readyMessage } from '../../../scripts/start/readyMessage.js';

const run = { api: 'http://127.0.0.1:3000', temporalUi: null, demoChatId: 'chat_1' } as RunFile;

test('the ready message has a call that works, with a key where one is required', () => {
  expect(readyMessage(run, readConfig({}))).toContain("curl -N -H 'Accept: text/event-stream'");
  expect(readyMessage(run, readConfig({ API_KEYS: 'some-key' }))).toContain('Authorization: Bearer');
  expect(readyMessage(run, readConfig({}))).toContain('/v1/chats/chat_1/turns');
});

test('the ready message says why there is no demo chat, and names no call to it', () => {
  const text = readyMessage({ ...run, demoChatId: null }, readConfig({ AUTH_JWT_SECRET: 'a-secret' }));
  expect(text).toContain('There is no demo chat');
  expect(text).not.toContain('/turns');
});
