import { expect } from '@jest/globals';
import type { Answer, Chat, Problem, Turn } from '../../../client/src/index.js';
import { answerByCourse } from '../provider/narrativeAnswers.js';
import { until } from '../until.js';
import type { Course, Move } from './narrativeMoves.js';
import type { NarrativeWorld, Scene } from './narrativeWorld.js';

/** What was done, for the oracle to judge the logs by. */
export type Played = {
  scene: Scene;
  /** The chat and its forks. */
  chatIds: string[];
  /** Turns that were posted or regenerated, each of which must have ended and led to all that it should. */
  turnIds: string[];
  /** Of those, what was rolled back or rewound while it ran: what it had not led to by then it never will. */
  cutShort: Set<string>;
  /** How often the worker was killed, and how often of that before the move was over. */
  deaths: number;
  deathsInMove: number;
};

const patienceMs = 60_000;

/** Makes the course's moves over HTTP, one after the other, with the worker killed at its deaths. */
export async function playCourse(world: NarrativeWorld, { guest, salt, moves, deaths }: Course): Promise<Played> {
  const scene = await world.newChat(guest ? {} : { guest: null });
  const { client } = world.service();
  const send = <T>(method: string, path: string, body?: unknown) => client.send<T & Problem>(method, path, body);
  const eventId = await planStoryEvent(scene);
  let isStuck = false;
  answerByCourse(world, { salt, eventId, isStuck: () => isStuck });

  const played: Played = {
    scene,
    chatIds: [scene.chat.id],
    turnIds: [],
    cutShort: new Set(),
    deaths: 0,
    deathsInMove: 0,
  };
  let chatId = scene.chat.id;
  const path = () => `/v1/chats/${chatId}`;

  async function planStoryEvent({ path, hostId }: Scene): Promise<string> {
    const knowledgeFacts = [{ sourceId: hostId, targetId: 'you', fact: 'You stayed.' }];
    const relationshipChange = { sourceId: 'you', targetId: hostId, affinityDelta: 10, trustDelta: 10 };
    const artifacts = { knowledgeFacts, relationshipChange, acquiredObjects: [{ ownerId: 'you', name: 'A lamp' }] };
    const wish = { title: 'The storm', description: 'Comes.', artifacts };
    return must(await send<{ id: string }>('POST', `${path}/storyEvents`, wish), 201).id;
  }

  async function say(how: { whenBusy?: 'enqueue' | 'interrupt' | 'rollback' } = {}): Promise<string> {
    const turn = await client.postTurn(chatId, `Line ${played.turnIds.length}.`, how);
    played.turnIds.push(turn.id);
    return turn.id;
  }
  const ended = (turnId: string) => client.awaitTurnEnd(turnId, patienceMs);

  /** The floor is free again: the turn has ended, or waits for an operator. */
  const letGo = (turnId: string) =>
    until(`turn ${turnId} lets the floor go`, () => floorOf(chatId, turnId), patienceMs);
  const floorOf = async (id: string, turnId: string) =>
    (await client.getChat(id)).activeTurnId === turnId ? null : client.getTurn(turnId);

  /** The turns of the timeline, by what the user said, oldest first; an edit stands in the place of what it edits. */
  const said = async () => {
    const lines = (await client.events(chatId)).flatMap(({ kind, seq, turnId, data }) => {
      if (!turnId || (kind !== 'user_turn' && kind !== 'user_turn_edit')) return [];
      return [{ turnId, at: kind === 'user_turn' ? seq : data.userTurnSeq }];
    });
    return lines.sort((a, b) => a.at - b.at).map(({ turnId }) => turnId);
  };
  const anySeq = async (at: number) => 1 + (at % (await client.getChat(chatId)).seq);

  async function make(move: Move): Promise<unknown> {
    switch (move.do) {
      case 'say':
        isStuck = move.stuck;
        return letGo(await say()).finally(() => {
          isStuck = false;
        });
      case 'stop': {
        const turnId = await say();
        await after(move.afterMs);
        expect((await client.cancelTurn(turnId)).status).toBe(204);
        return ended(turnId);
      }
      case 'talk over': {
        const first = await say();
        await after(move.afterMs);
        const second = await say({ whenBusy: move.whenBusy });
        if (move.whenBusy === 'rollback') played.cutShort.add(first);
        return Promise.all([ended(first), ended(second)]);
      }
      case 'regenerate': {
        const last = (await said()).at(-1);
        if (!last) return;
        const text = move.edit ? { text: `Rather line ${played.turnIds.length}.` } : {};
        const { turn } = must(await send<{ turn: Turn }>('POST', `/v1/turns/${last}/regenerate`, text), 202);
        played.turnIds.push(turn.id);
        return ended(turn.id);
      }
      case 'choose':
        return choose(move);
      case 'rewind':
        return must(await send('POST', `${path()}/rewind`, { toSeq: await anySeq(move.at) }), 200);
      case 'rewind while it runs': {
        const toSeq = await anySeq(move.at);
        const turnId = await say();
        await after(move.afterMs);
        played.cutShort.add(turnId);
        return must(await send('POST', `${path()}/rewind`, { toSeq, whenBusy: 'interrupt' }), 200);
      }
      case 'undo':
        return must(await send('POST', `${path()}/rewind/undo`), 200, 'rewind_not_last');
      case 'fork': {
        const fork = must(await send<Chat>('POST', `${path()}/fork`, { atSeq: await anySeq(move.at) }), 201);
        played.chatIds.push(fork.id);
        if (move.goOn) chatId = fork.id;
        return;
      }
      case 'open a scene':
        return must(await send('POST', `${path()}/scenes`, { container: 'the pier' }), 201, 'scene_already_open');
    }
  }

  async function choose({ turn, version }: { turn: number; version: number }) {
    const turns = await said();
    const turnId = turns[turn % Math.max(1, turns.length)];
    if (!turnId) return;
    const versions = await world.list(`/v1/turns/${turnId}/versions`);
    const chosen = versions[version % versions.length]?.turnId;
    return must(await send('POST', `/v1/turns/${turnId}/versions/${chosen}/activate`), 200, 'version_not_landed');
  }

  for (const [n, move] of moves.entries()) {
    const death = deaths.find((each) => each.move === n);
    const made = make(move);
    if (death) {
      const inMove = await killWorker(world, made, death.afterRequests);
      played.deaths += 1;
      if (inMove) played.deathsInMove += 1;
    }
    await made;
  }
  for (const id of played.chatIds) await retryStuckSteps(world, id);
  await Promise.all(played.turnIds.map(ended));
  return played;
}

/** The answer's body, if it has the status, or is a conflict that the contract allows there. */
function must<T>({ status, body }: Answer<T & Problem>, wanted: number, ...conflicts: string[]): T {
  if (status === 409) expect(conflicts).toContain(body.code);
  else expect({ status, body }).toMatchObject({ status: wanted });
  return body;
}

const after = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Kills the worker in the middle of the move, or says that it was over before; done when another has taken its place. */
async function killWorker(world: NarrativeWorld, made: Promise<unknown>, afterRequests: number): Promise<boolean> {
  const { provider } = world;
  const before = provider.requests.length;
  let over = false;
  const end = made.finally(() => {
    over = true;
  });
  end.catch(() => undefined); // whoever awaits the move itself sees it
  await until(
    'the moment to kill',
    async () => (over || provider.requests.length >= before + afterRequests ? true : null),
    patienceMs,
  );
  const inMove = !over;
  const dead = await world.service().kill('worker', 'SIGKILL');
  expect(await world.service().waitForRestart('worker', dead)).not.toBe(dead);
  return inMove;
}

/** Retries the stuck steps of the chat's turns, as an operator does once the provider works again. */
async function retryStuckSteps(world: NarrativeWorld, chatId: string): Promise<void> {
  const { client } = world.service();
  const events = await client.events(chatId, { includeHidden: true });
  const stuck = events.flatMap((event) => (event.kind === 'step_stuck' ? [event] : []));
  for (const { turnId, data } of stuck) {
    const step = encodeURIComponent(data.step);
    const { status, body } = await client.send<Problem>('POST', `/v1/turns/${turnId}/steps/${step}/retry`);
    expect({ status, code: body?.code }).toEqual(
      status === 202 ? { status: 202, code: undefined } : { status: 409, code: 'step_not_stuck' },
    );
  }
}
