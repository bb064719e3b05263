import { createServer, type RequestListener } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { close, eventStream, listen } from '../../scripts/provider/http.js';
import { stamped, whole } from '../../test/support/provider/scriptedReply.js';
import { until } from '../../test/support/until.js';
import { many } from './many.js';
import { agentChat, type Service } from './service.js';

/** What the turns of one owner do to a worker, and to the first token of another owner's turn meanwhile. */
export type OwnerAttack = {
  name: string;
  env?: Record<string, string>;
  /** Starts the attack. The answer says, at the end, what came of it. */
  begin(service: Service): Promise<{ outcome(): Promise<string>; end?(): Promise<void> }>;
};

/** A server that a provider of the attacker names; counts its requests. */
async function startServer(handle: RequestListener) {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    request.resume();
    handle(request, response);
  });
  const port = await listen(server, 0);
  return { port, requests: () => requests, close: () => close(server) };
}

/** Forty turns of the attacker in chats whose provider is at this URL. */
async function beginTurns({ attacker }: Service, baseUrl: string): Promise<string[]> {
  const provider = { name: 'Mine', baseUrl, apiKey: 'k', defaultModel: 'm' };
  const { status, body } = await attacker.send<{ id: string }>('POST', '/v1/providers', provider);
  if (status !== 201) throw new Error(`the provider was refused: ${JSON.stringify(body)}`);
  const turns: string[] = [];
  await many(40, 10, async () => {
    const chat = await agentChat(attacker, { providerId: body.id });
    turns.push((await attacker.postTurn(chat, 'Hello.')).id);
  });
  return turns;
}

/** How the turns are so far: `40 × completed after 12.0 s`, with the longest time of those that have ended. */
async function statusesOf({ attacker }: Service, turns: string[]): Promise<string> {
  let longest = 0;
  const statuses = await many(turns.length, 10, async (n) => {
    const { status, createdAt, finishedAt } = await attacker.getTurn(turns[n]!);
    if (finishedAt) longest = Math.max(longest, Date.parse(finishedAt) - Date.parse(createdAt));
    return status;
  });
  return `${statuses}, the last end after ${(longest / 1_000).toFixed(1)} s`;
}

const observedMs = 40_000;

const atServer = (handle: RequestListener, host = '127.0.0.1'): OwnerAttack['begin'] => {
  return async (service) => {
    const server = await startServer(handle);
    const turns = await beginTurns(service, `http://${host}:${server.port}/v1`);
    return {
      async outcome() {
        await pause(observedMs);
        return `${await statusesOf(service, turns)}; ${server.requests()} requests`;
      },
      end: server.close,
    };
  };
};

const frame = (content: string) =>
  `data: ${JSON.stringify({
    ...{ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' },
    choices: [{ index: 0, delta: { content }, finish_reason: null }],
  })}\n\n`;

export const ownerAttacks: OwnerAttack[] = [
  {
    name: "replies: one owner's 300 long replies",
    async begin({ attacker, provider }) {
      const isOther = (text: string) => text.includes('I am another owner.');
      provider.script(({ body }) =>
        body.messages.some(({ content }) => isOther(String(content)))
          ? whole('Hello.')
          : stamped({ tokens: 3_000, perSecond: 5 }),
      );
      await many(300, 20, async () => attacker.postTurn(await agentChat(attacker), 'A long story, please.'));
      await until('the replies run', async () => (provider.requests.length >= 150 ? true : null), 60_000);
      await pause(5_000);
      return { outcome: async () => `${provider.requests.length} requests` };
    },
  },
  {
    name: 'slowName: 40 turns at a provider whose name takes 20 s to look up',
    env: { ALLOWED_PROVIDER_HOSTS: '127.0.0.0/8' },
    begin: atServer((_request, response) => void response.writeHead(500).end(), 'models.slow.example'),
  },
  {
    name: 'redirect: 40 turns at a provider that redirects to itself for ever',
    env: { ALLOWED_PROVIDER_HOSTS: '127.0.0.1' },
    begin: atServer((request, response) => void response.writeHead(307, { location: request.url }).end()),
  },
  {
    name: 'drip: 40 turns at a provider that sends one character a second, with a limit of 20 s for a reply',
    env: { ALLOWED_PROVIDER_HOSTS: '127.0.0.1', REPLY_LIMIT_MS: '20000' },
    begin: atServer((_request, response) => {
      response.writeHead(200, eventStream);
      const timer = setInterval(() => response.write(frame('x')), 1_000);
      response.once('close', () => clearInterval(timer));
    }),
  },
];
