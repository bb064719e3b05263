import { setTimeout as delay } from 'node:timers/promises';
import { addTurns } from '../../test/support/chats/longNarrative.js';
import { whole } from '../../test/support/provider/scriptedReply.js';
import { forgetPeaks, readMemory } from '../memory.js';
import type { Row, Section } from '../report.js';
import type { Stage } from '../stage.js';
import { median } from '../stats.js';
import { endsTurn, patienceMs, type Subject } from '../subject.js';
import type { Part } from './part.js';

const repeats = 7;

/** By how much the memory of a process may grow for one piece of work on a chat, in MiB: pages and what V8 keeps free. */
const MORE_MEMORY = 128;

/** What is measured, and by how much it may take longer in the longest chat than in the shortest. */
const measures = {
  'a turn': 1.15,
  'a regeneration': 1.5,
  'a change of the version': 1.5,
  'a rewind of the last turn': 1.5,
  'its undo': 1.5,
  'the last page of messages': 2,
} as const;
type Measure = keyof typeof measures;
type Times = Record<Measure, number[]>;

/** What the end of a chat costs, by the length of the chat, with a provider that answers at once. */
export const longChatsPart: Part = async (stage, { quick, say }) => {
  await stage.provider.script({ always: whole('A reply ', 'of three ', 'tokens.') });
  const chats: (Awaited<ReturnType<typeof openChat>> & { turns: number })[] = [];
  for (const turns of quick ? [1, 1_000] : [1, 1_000, 10_000]) {
    say(`inserts a chat of ${turns} turns`);
    chats.push({ turns, ...(await openChat(stage, turns)) });
  }
  // In turn, so that other load on the machine falls on all of them
  for (let n = 0; n <= repeats; n++) {
    for (const chat of chats) await chat.measure();
    if (n === 0) for (const { times } of chats) forget(times); // what runs for the first time is not measured
  }
  const far = await chats.at(-1)!.measureFar();
  for (const chat of chats) chat.close();
  const all = chats.map(({ turns, times }) => ({ turns, times }));
  return [absolute(all, far), ratios(all)];
};

const forget = (times: Times) => {
  for (const each of Object.values(times)) each.length = 0;
};

function absolute(all: { turns: number; times: Times }[], far: Row[]): Section {
  const rows = all.flatMap(({ turns, times }) =>
    Object.entries(times).map(
      ([what, each]): Row => ({ what: `${turns} turns: ${what}`, unit: 'ms', service: median(each) }),
    ),
  );
  return { title: `At the end of a chat, medians of ${repeats}`, rows: [...rows, ...far] };
}

function ratios(all: { turns: number; times: Times }[]): Section {
  const [shortest, longest] = [all[0]!, all.at(-1)!];
  const rows = Object.entries(measures).map(([what, below]): Row => {
    const of = ({ times }: { times: Times }) => median(times[what as Measure]);
    return { what, unit: '×', service: of(longest) / of(shortest), target: { below } };
  });
  return { title: `${longest.turns} turns, in the times of ${shortest.turns}`, rows };
}

async function openChat({ service, databaseUrl }: Stage, turns: number) {
  const chatId = await service.newChat();
  if (turns > 1) await addTurns(databaseUrl, chatId, turns - 1);
  const { call, seq } = requests(service, chatId);
  let ended = () => {};
  const following = service.client.followChat(chatId, {
    after: await seq(),
    onFrame: (frame) => {
      if (endsTurn(frame)) ended();
    },
  });

  /** Posts a turn, and resolves with its id when it has ended. */
  async function play(path: string, body: object): Promise<string> {
    const end = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const { turn } = (await call(path, body)) as { turn: { id: string } };
    await Promise.race([
      end,
      delay(patienceMs, undefined, { ref: false }).then(() => Promise.reject(new Error('a turn did not end'))),
    ]);
    return turn.id;
  }

  const times = Object.fromEntries(Object.keys(measures).map((what) => [what, [] as number[]])) as Times;
  async function timed<T>(what: Measure, run: () => Promise<T>): Promise<T> {
    const began = performance.now();
    const result = await run();
    times[what].push(performance.now() - began);
    return result;
  }

  async function measure(): Promise<void> {
    const point = await seq();
    const turnId = await timed('a turn', () => play(`/v1/chats/${chatId}/turns`, { text: 'Go on.' }));
    await timed('a regeneration', () => play(`/v1/turns/${turnId}/regenerate`, {}));
    await timed('a change of the version', () => call(`/v1/turns/${turnId}/versions/${turnId}/activate`, {}));
    await timed('a rewind of the last turn', () => call(`/v1/chats/${chatId}/rewind`, { toSeq: point }));
    await timed('its undo', () => call(`/v1/chats/${chatId}/rewind/undo`, {}));
    await timed('the last page of messages', () => call(`/v1/chats/${chatId}/messages?order=desc&limit=50`));
  }

  async function measureFar(): Promise<Row[]> {
    const { api = 0, worker = 0 } = service.pids;
    const row = async (what: string, below: number, run: () => Promise<unknown>): Promise<Row[]> => {
      forgetPeaks({ api, worker });
      const before = readMemory({ api, worker });
      const began = performance.now();
      await run();
      const took = performance.now() - began;
      const after = readMemory({ api, worker });
      const grew = Object.entries(after).map(([name, { peak }]) => ({
        what: `${turns} turns: ${what}: more memory of the ${name}, at most`,
        unit: 'MiB',
        service: peak - before[name]!.now,
        target: { below: MORE_MEMORY },
      }));
      return [{ what: `${turns} turns: ${what}`, unit: 'ms', service: took, target: { below } }, ...grew];
    };
    const newest = await seq();
    return [
      ...(await row('a fork', 5_000, () => call(`/v1/chats/${chatId}/fork`, { atSeq: newest }))),
      ...(await row('a rewind by half', 2_000, () =>
        call(`/v1/chats/${chatId}/rewind`, { toSeq: Math.floor(newest / 2) }),
      )),
      ...(await row('its undo', 4_000, () => call(`/v1/chats/${chatId}/rewind/undo`, {}))),
      ...(await row('an export', 10_000, () => readToEnd(`${service.base}/v1/chats/${chatId}/export`))),
    ];
  }

  return { times, measure, measureFar, close: () => following.close() };
}

/** Reads an answer and keeps nothing of it. */
async function readToEnd(url: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(patienceMs) });
  if (!response.ok || !response.body) throw new Error(`${url}: ${response.status}`);
  for await (const _ of response.body);
}

function requests({ base }: Subject, chatId: string) {
  const call = async (path: string, body?: object): Promise<unknown> => {
    const response = await fetch(base + path, {
      signal: AbortSignal.timeout(patienceMs),
      ...(body ? { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) } : {}),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  const seq = async () => ((await call(`/v1/chats/${chatId}`)) as { seq: number }).seq;
  return { call, seq };
}
