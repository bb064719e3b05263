import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestApi, type TestApi } from '../../support/service/api.js';

const run = promisify(execFile);
const options = { timeout: 60_000, env: { ...process.env, PYTHONPATH: 'client/python' } };
const whereThereIsPython = spawnSync('python3', ['--version']).status === 0 ? test : test.skip;
let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
}, 60_000);
afterAll(() => api.close());

const runPython = async (code: string): Promise<unknown> =>
  JSON.parse((await run('python3', ['-c', `import json\nfrom durable_turns import *\n${code}`], options)).stdout);

whereThereIsPython('the Python client passes its own tests', async () => {
  const { stderr } = await run('python3', ['-m', 'unittest', 'client/python/test_durable_turns.py'], options);
  expect(stderr).toMatch(/OK\s*$/);
});

whereThereIsPython('the Python client posts a turn once, reads its events and lists its messages', async () => {
  const chat = await api.client.newChat();
  const seen = await runPython(`
client = Client(${JSON.stringify(api.url)})
chat = ${JSON.stringify(chat.id)}
turns = [client.post_turn(chat, "Is the lamp lit?", idempotency_key="once") for _ in range(2)]
kinds = []
for frame in client.frames(chat):
    if frame["type"] == "event":
        kinds.append(frame["kind"])
        if frame["turnId"] == turns[0]["id"]:
            break
texts = [message["content"] for message in client.list("/v1/chats/%s/messages" % chat)]
print(json.dumps({"turns": len({turn["id"] for turn in turns}), "kinds": kinds, "texts": texts}))
`);
  expect(seen).toEqual({ turns: 1, kinds: ['chat_created', 'user_turn'], texts: ['Is the lamp lit?'] });
});

whereThereIsPython('the Python client raises what the service refused', async () => {
  const codes = await runPython(`
client = Client(${JSON.stringify(api.url)})
codes = []
for call in (lambda: client.get("/v1/chats/chat_none"), lambda: next(client.frames("chat_none")), lambda: Client("http://127.0.0.1:9").get("/healthz", attempts=1)):
    try:
        call()
    except (ApiError, UnreachableError) as error:
        codes.append(error.code)
print(json.dumps(codes))
`);
  expect(codes).toEqual(['chat_not_found', 'chat_not_found', 'unreachable']);
});
