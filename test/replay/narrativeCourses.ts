import type { Turn } from '../../client/src/index.js';
import { type NarrativeWorld, type Scene, stepOf } from '../support/chats/narrativeWorld.js';
import type { Course } from './course.js';

/** Turns with all that follows from a reply. */
export const narrativeCourses: Course<NarrativeWorld>[] = [
  {
    keeps: ['alone'],
    async run(world) {
      const { chat } = await world.newChat({ guest: null });
      return { alone: (await world.play(chat.id)).turn.id };
    },
  },
  {
    keeps: ['followedByRows'],
    async run(world) {
      const { chat, path } = await world.newChat({ guest: null });
      await world.service().client.send('POST', `${path}/storyEvents`, { title: 'The storm', description: 'Comes.' });
      return { followedByRows: (await world.play(chat.id)).turn.id };
    },
  },
  {
    keeps: ['interjected'],
    async run(world) {
      const { chat, path } = await world.newChat();
      await world.service().client.send('POST', `${path}/storyEvents`, { title: 'The storm', description: 'Comes.' });
      world.provider.classify(({ name }) => {
        if (name === 'interjection') return { json: { shouldInterject: true, reason: '' } };
        return name === 'scene_close' ? { json: { shouldClose: true, reason: '' } } : undefined;
      });
      return { interjected: (await world.play(chat.id)).turn.id };
    },
  },
  {
    keeps: ['guessesTheAddressee'],
    async run(world) {
      const { chat } = await world.newChat();
      breakStep(world, 'addressee');
      return { guessesTheAddressee: (await world.play(chat.id)).turn.id };
    },
  },
  {
    keeps: ['stepRetried', 'stepSkipped'],
    async run(world) {
      const ids = { stepRetried: '', stepSkipped: '' };
      for (const [name, command] of [
        ['stepRetried', 'retry'],
        ['stepSkipped', 'skip'],
      ] as const) {
        const { turnId, step } = await stuckTurn(world);
        world.provider.unscript();
        await order(world, 'POST', `/v1/turns/${turnId}/steps/${encodeURIComponent(step)}/${command}`);
        ids[name] = turnId;
      }
      return ids;
    },
  },
  {
    keeps: ['supersededWhileStuck', 'regenerated'],
    async run(world) {
      const { turnId } = await stuckTurn(world);
      world.provider.unscript();
      const again = { text: 'Is anybody else there?' };
      const { turn } = await order<{ turn: Turn }>(world, 'POST', `/v1/turns/${turnId}/regenerate`, again);
      return { supersededWhileStuck: turnId, regenerated: turn.id };
    },
  },
  {
    keeps: ['rewoundWhileStuck'],
    async run(world) {
      const { turnId, path } = await stuckTurn(world);
      await order(world, 'POST', `${path}/rewind`, { toSeq: 1 });
      return { rewoundWhileStuck: turnId };
    },
  },
  {
    keeps: ['stoppedWithGuest'],
    async run(world) {
      const { chat } = await world.newChat();
      world.provider.script(() => ({ steps: [{ text: 'The lamp ' }] }));
      const { id } = await world.service().client.postTurn(chat.id, 'Is anybody there?');
      await world.nextReply(id);
      await world.service().client.cancelTurn(id);
      return { stoppedWithGuest: id };
    },
  },
  {
    keeps: ['replyParked'],
    async run(world) {
      const { chat } = await world.newChat();
      world.provider.script(() => ({ status: 401 }));
      const { id } = await world.service().client.postTurn(chat.id, 'Is anybody there?', { whenFailed: 'park' });
      await world.awaitingOperator(id);
      world.provider.unscript();
      await order(world, 'POST', `/v1/turns/${id}/steps/reply:0/retry`);
      return { replyParked: id };
    },
  },
];

/** The step's calls fail until the provider is unscripted. */
function breakStep(world: NarrativeWorld, step: string): void {
  world.provider.classify(({ requestId }) => (stepOf(requestId) === step ? { status: 500 } : undefined));
}

/** A turn with a guest that waits for an operator: how the host sees the user is not known. */
async function stuckTurn(world: NarrativeWorld): Promise<Scene & { turnId: string; step: string }> {
  const scene = await world.newChat();
  const step = `state_update:${scene.hostId}>you:0`;
  breakStep(world, step);
  const { id: turnId } = await world.service().client.postTurn(scene.chat.id, 'Is anybody there?');
  await world.awaitingOperator(turnId);
  return { ...scene, turnId, step };
}

async function order<T>(world: NarrativeWorld, method: string, path: string, body?: object): Promise<T> {
  const answer = await world.service().client.send<T>(method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path} was answered ${answer.status}`);
  return answer.body;
}
