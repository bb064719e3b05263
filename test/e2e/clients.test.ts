import { spawn, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { ending } from '../support/scriptedReply.js';
import { type ScriptedService, startScriptedService } from '../support/scriptedService.js';
import { until } from '../support/until.js';

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

describe("the guide's viewer", () => {
  test('in the browser follows a reply over the death of the api', async () => {
    const code = codeIn('js').replace('ws://127.0.0.1:3000', world.service.api.replace('http', 'ws'));
    const sockets: WebSocket[] = [];
    let over = false;
    class Socket extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        sockets.push(this);
        this.on('error', () => undefined);
        if (over) this.on('open', () => this.close());
      }
    }
    const follow = new Function('WebSocket', `${code}\nreturn follow;`)(Socket);
    const shown: Shown[] = [];
    await expectToFollow((chatId) => {
      follow(chatId, (turnId: string, text: string, kind: string) => shown.push({ turnId, text, kind }));
      return shown;
    });
    over = true;
    for (const socket of sockets) {
      socket.onclose = null;
      socket.close();
    }
  }, 60_000);

  const python = spawnSync('python3', ['--version']).status === 0 ? test : test.skip;
  python(
    'in Python follows a reply over the death of the api',
    async () => {
      const shown: Shown[] = [];
      const children: ReturnType<typeof spawn>[] = [];
      try {
        await expectToFollow((chatId) => {
          const run = `follow("${world.service.api}", "${chatId}", lambda *said: print(json.dumps(said), flush=True))`;
          const child = spawn('python3', ['-c', `${codeIn('python')}\n${run}`], {
            stdio: ['ignore', 'pipe', 'ignore'],
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
