import { setTimeout as delay } from 'node:timers/promises';
import { stamped } from '../../test/support/provider/scriptedReply.js';
import type { SpawnedProvider } from '../../test/support/provider/spawnScriptedProvider.js';
import { startService } from '../../test/support/service/service.js';
import type { Row, Section } from '../report.js';
import { serviceEnv } from '../stage.js';
import { quantile } from '../stats.js';
import { takeSeats } from '../streams.js';
import { patienceMs, postTurn, type Subject, subjectClient } from '../subject.js';
import type { Part } from './part.js';

/** So many replies of one owner run at once; the others of its flood wait. */
const places = 8;
const flooding = { turns: 300, atOnce: 20 };
const keys = { flood: 'the-key-of-the-flood', other: 'the-key-of-the-other' };
const perSecond = 20;
/** What is measured. */
const probe = stamped({ tokens: 3, perSecond });
/** Longer than the part takes, so that the places of the flood stay taken by the same replies. */
const longReply = stamped({ tokens: 900 * perSecond, perSecond });

/** The first token of one owner's turns: alone, while another owner posts hundreds of long turns, and beside these. */
export const sharesPart: Part = async ({ provider }, { quick, say }) => {
  const apiKeys = `${keys.flood}:flood,${keys.other}:other`;
  const env = { ...serviceEnv(provider.baseUrl), STREAM_CONCURRENCY: String(places), API_KEYS: apiKeys };
  say('starting the service with two owners');
  const running = await startService({ env });
  try {
    const [flood, other] = [ownerOf(running.api, keys.flood), ownerOf(running.api, keys.other)];
    const probes = quick ? 20 : 200;
    await provider.script({ always: probe });
    await firstTokens(other, 8); // what runs for the first time is not measured
    say(`${probes} turns of one owner, alone`);
    const alone = await firstTokens(other, probes);
    say(`${flooding.turns} turns of another owner`);
    await provider.script({ always: longReply });
    await provider.forget();
    await beginStreams(flood, provider);
    await provider.script({ always: probe });
    const posted = new AbortController();
    const posting = postAll(flood, flooding.turns - places)
      .then((turnIds) => takenUp(flood, turnIds))
      .finally(() => posted.abort());
    const during = await firstTokens(other, probes, posted.signal);
    await posting;
    say(`${probes} turns of the first owner beside them`);
    return [section({ alone, during, beside: await firstTokens(other, probes) })];
  } finally {
    await running.dispose();
  }
};

function ownerOf(base: string, key: string): Subject {
  const client = subjectClient(base, key);
  const newChat = async () =>
    (await client.request<{ id: string }>('POST', '/v1/chats', { body: { kind: 'agent' } })).body.id;
  return { name: 'service', base, client, pids: {}, newChat };
}

/** Posts turns in chats of their own. None of them is waited for. Resolves with their ids. */
async function postAll(subject: Subject, turns: number): Promise<string[]> {
  const turnIds: string[] = [];
  while (turnIds.length < turns)
    turnIds.push(
      ...(await Promise.all(
        Array.from({ length: Math.min(flooding.atOnce, turns - turnIds.length) }, async () =>
          postTurn(subject, await subject.newChat()),
        ),
      )),
    );
  return turnIds;
}

/** Resolves once the workflows of the turns run, those of the last ones first. What follows is only that they wait. */
async function takenUp(subject: Subject, turnIds: readonly string[]): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (const turnId of turnIds.toReversed()) {
    for (;;) {
      const { body } = await subject.client.request<{ runId?: string }>('GET', `/v1/turns/${turnId}`);
      if (body.runId) break;
      if (performance.now() > deadline) throw new Error(`the workflow of ${turnId} did not begin`);
      await delay(100);
    }
  }
}

/** Resolves once the flood has all the places that one owner may have. */
async function beginStreams(flood: Subject, provider: SpawnedProvider): Promise<void> {
  await postAll(flood, places);
  const deadline = performance.now() + patienceMs;
  while ((await provider.requests()).length < places) {
    if (performance.now() > deadline) throw new Error('the flood did not begin to stream');
    await delay(100);
  }
}

/** Milliseconds from the post to the first token, of turns one after the other, until the signal if there is one. */
async function firstTokens(subject: Subject, turns: number, until?: AbortSignal): Promise<number[]> {
  const seats = await takeSeats(subject, 4);
  const seen: number[] = [];
  for (let n = 0; n < turns && !until?.aborted; n++) {
    const { postedAt, tokens } = await seats[n % seats.length]!.run();
    seen.push((tokens[0]?.cameAt ?? Number.NaN) - postedAt);
  }
  for (const seat of seats) seat.leave();
  return seen;
}

function section({ alone, during, beside }: Record<'alone' | 'during' | 'beside', number[]>): Section {
  const rows = [0.5, 0.99].flatMap((share): Row[] => {
    const name = `p${share * 100}`;
    const [before, posting, meanwhile] = [alone, during, beside].map((seen) => quantile(seen, share)) as [
      number,
      number,
      number,
    ];
    return [
      { what: `alone, ${name}`, unit: 'ms', service: before },
      { what: `while another owner's turns are posted and begun, ${name}`, unit: 'ms', service: posting },
      { what: `beside the turns of the other owner, ${name}`, unit: 'ms', service: meanwhile },
      { what: `beside them to alone, ${name}`, unit: '', service: meanwhile / before, target: { below: 1.5 } },
    ];
  });
  return {
    title: `First token of an owner, ${places} places for each owner`,
    rows,
    notes: [
      `${alone.length} turns alone, ${during.length} while the others are posted and begun, ${beside.length} beside them`,
    ],
  };
}
