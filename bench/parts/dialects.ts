import { randomUUID } from 'node:crypto';
import { stamped } from '../../test/support/provider/scriptedReply.js';
import { now } from '../clock.js';
import type { Row, Section } from '../report.js';
import { median } from '../stats.js';
import { createStampReader, takeSeat } from '../streams.js';
import { patienceMs, type Subject } from '../subject.js';
import type { Part } from './part.js';

const rounds = 3;
/** Milliseconds that a dialect may take more than the own socket, at the median. */
const most = 3;
const text = 'Go on.';

/** Milliseconds to the first token at the client: from POST, and from the provider. */
type Timing = { fromPost: number; fromProvider: number };
type RunTurn = Timing & { turnId: string };
/** Runs a turn. Resolves when its reply has landed: what follows may still run. */
type Path = { name: string; run(): Promise<RunTurn> };

/**
 * The first token over each protocol of other clients, and over the own socket: one turn at a time, in random order, each
 * after the end of the one before. The stream of another protocol ends before the turn has, and what is left of it would
 * delay the next one.
 */
export const dialectsPart: Part = async ({ provider, service }, { quick, say }) => {
  const perRound = quick ? 5 : 40;
  await provider.script({ always: stamped({ tokens: 3, perSecond: 200, firstMs: 5 }) });
  const { own, others, leave } = await openPaths(service);
  const paths = [own, ...others];
  const runAlone = async ({ run }: Path) => {
    const timing = await run();
    await service.client.waitForTurn(timing.turnId, { signal: AbortSignal.timeout(patienceMs) });
    return timing;
  };
  for (const path of paths) for (let n = 0; n < 3; n++) await runAlone(path); // what runs for the first time is not measured
  const seen = new Map<string, Timing[]>(paths.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    say(`${perRound} turns over each of ${paths.length} protocols: round ${round} of ${rounds}`);
    for (let n = 0; n < perRound; n++)
      for (const path of shuffled(paths)) seen.get(path.name)?.push(await runAlone(path));
  }
  leave();
  const p50 = (of: keyof Timing) => (path: Path) => median((seen.get(path.name) ?? []).map((timing) => timing[of]));
  const turns = perRound * rounds;
  return [
    report(`POST to the first token, medians of ${turns}`, own, others, p50('fromPost')),
    report(`The provider's first token to the client, medians of ${turns}`, own, others, p50('fromProvider')),
  ];
};

function shuffled<T>(items: readonly T[]): T[] {
  const keyed = items.map((item) => ({ item, key: Math.random() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}

function report(title: string, own: Path, others: readonly Path[], p50: (path: Path) => number): Section {
  const rows: Row[] = [{ what: own.name, unit: 'ms', service: p50(own) }];
  for (const path of others) {
    rows.push({ what: path.name, unit: 'ms', service: p50(path) });
    rows.push({
      what: '  more than the own socket',
      unit: 'ms',
      service: p50(path) - p50(own),
      target: { below: most },
    });
  }
  return { title, rows };
}

async function openPaths(service: Subject): Promise<{ own: Path; others: Path[]; leave(): void }> {
  const newChat = async () => {
    const body = { kind: 'agent', enabledTools: [] };
    return (await service.client.request<{ id: string }>('POST', '/v1/chats', { body })).body.id;
  };
  const seat = await takeSeat(service, await newChat());
  const own: Path = {
    name: 'own socket',
    async run() {
      const { turnId, postedAt, tokens } = await seat.run();
      const { cameAt, sentAt } = tokens[0] ?? { cameAt: Number.NaN, sentAt: Number.NaN };
      return { turnId, fromPost: cameAt - postedAt, fromProvider: cameAt - sentAt };
    },
  };
  const post = (path: string, body: object, headers?: Record<string, string>) =>
    postAndRead(service.base + path, body, headers);
  const [conversation, page, thread] = [await newChat(), await newChat(), await newChat()];
  const others: Path[] = [
    {
      name: 'Responses',
      run: () => post('/openai/v1/responses', { model: 'default', input: text, conversation, stream: true }),
    },
    completions(post, await newChat()),
    {
      name: 'AI SDK 7',
      run() {
        const message = { id: randomUUID(), role: 'user', parts: [{ type: 'text', text }] };
        return post('/ai-sdk/v7/chat', { id: page, messages: [message], trigger: 'submit-message' });
      },
    },
    {
      name: 'AG-UI',
      run() {
        const message = { id: randomUUID(), role: 'user', content: text };
        return post('/ag-ui', { threadId: thread, runId: randomUUID(), messages: [message], tools: [], context: [] });
      },
    },
  ];
  return { own, others, leave: seat.leave };
}

/** Clients of Chat Completions send the whole history each time. */
function completions(
  post: (path: string, body: object, headers: Record<string, string>) => Promise<RunTurn>,
  chatId: string,
): Path {
  const messages: object[] = [];
  return {
    name: 'Chat Completions',
    async run() {
      messages.push({ role: 'user', content: text });
      const body = { model: 'default', messages, stream: true };
      const took = await post('/openai/v1/chat/completions', body, { 'X-Conversation-Id': chatId });
      messages.push({ role: 'assistant', content: 'As before.' });
      return took;
    },
  };
}

/** Posts, and reads the answer to its end. Resolves with the times of the first stamped token. */
async function postAndRead(url: string, body: object, headers: Record<string, string> = {}): Promise<RunTurn> {
  const postedAt = now();
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(patienceMs),
  });
  if (!response.ok || !response.body) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  const turnId = response.headers.get('x-turn-id') ?? '';
  const stamps = createStampReader();
  let first: RunTurn | null = null;
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    const sentAt: number | undefined = first ? undefined : stamps(piece)[0];
    if (sentAt !== undefined) first = { turnId, fromPost: now() - postedAt, fromProvider: now() - sentAt };
  }
  if (!first) throw new Error(`${url} had no token`);
  return first;
}
