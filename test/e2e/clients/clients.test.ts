import { spawn, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import * as client from '../../../client/src/index.js';
import { ending } from '../../support/provider/scriptedReply.js';
import { type ScriptedService, startScriptedService } from '../../support/service/scriptedService.js';
import { until } from '../../support/until.js';

let world: ScriptedService;
let guide = '';
beforeAll(async () => {
  guide = await readFile('docs/clients.md', 'utf8');
  world = await startScriptedService();
}, 180_000);
afterAll(() => world?.dispose(), 60_000);

/** The code that the guide shows, as it stands there. */
const codeIn = (language: string): string => new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(guide)?.[1] ?? '';

type Shown = { turnId: string; text: string; kind: string };

/** A client follows a reply over the death of the api, and ends with its text. */
async function expectToFollow(start: (chatId: string) => Shown[]) {
  const { chat, turn, call, begun } = await world.beginReply();
  const shown = start(chat.id);
  const last = () => shown.findLast(({ turnId }) => turnId === turn.id);
  await until('the draft is shown', async () => (last()?.text === begun ? true : null));
  const dead = await world.service.kill('api', 'SIGKILL');
  await call.send('the sea answers.');
  await world.service.waitForRestart('api', dead);
  await until('the rest is shown', async () => (last()?.text === `${begun}the sea answers.` ? true : null), 20_000);
  await call.push(...ending());
  await until('the reply is shown', async () => (last()?.kind === 'final' ? true : null), 20_000);
  expect(last()?.text).toBe(`${begun}the sea answers.`);
}

describe('the viewer in docs/clients.md', () => {
  test('in JavaScript follows a reply while the api is killed', async () => {
    const code = codeIn('js')
      .replace(/^import.*$/m, '')
      .replace('export function', 'return function');
    const names = ['createClient', 'draftKey', 'evolveDrafts'] as const;
    const withSocket: typeof client.createClient = (options) => client.createClient({ ...options, WebSocket });
    const given = { ...client, createClient: withSocket };
    const follow = new Function(...names, code)(...names.map((name) => given[name]));
    const shown: Shown[] = [];
    const following: client.Following[] = [];
    await expectToFollow((chatId) => {
      const show = (turnId: string, text: string, kind: string) => shown.push({ turnId, text, kind });
      following.push(follow(world.service.api, chatId, show));
      return shown;
    });
    for (const { close } of following) close();
  }, 60_000);

  const python = spawnSync('python3', ['--version']).status === 0 ? test : test.skip;
  python(
    'in Python follows a reply while the api is killed',
    async () => {
      const shown: Shown[] = [];
      const children: ReturnType<typeof spawn>[] = [];
      try {
        await expectToFollow((chatId) => {
          const run = `import json\nfollow("${world.service.api}", "${chatId}", lambda *said: print(json.dumps(said), flush=True))`;
          const child = spawn('python3', ['-c', `${codeIn('python')}\n${run}`], {
            stdio: ['ignore', 'pipe', 'ignore'],
            env: { ...process.env, PYTHONPATH: 'client/python' },
          });
          children.push(child);
          createInterface({ input: child.stdout }).on('line', (line) => {
            const [turnId, text, kind] = JSON.parse(line);
            shown.push({ turnId, text, kind });
          });
          return shown;
        });
      } finally {
        for (const child of children) child.kill('SIGKILL');
      }
    },
    60_000,
  );
});
