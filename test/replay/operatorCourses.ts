import { type NarrativeWorld, type Scene, stepOf } from '../support/chats/narrativeWorld.js';
import { withTemporal } from '../support/temporal/engine.js';
import { until } from '../support/until.js';
import type { Course } from './course.js';

/** Turns whose search attributes follow what happens to them, also under the hands of operators. */
export const operatorCourses: Course<NarrativeWorld>[] = [
  {
    keeps: ['followsUp'],
    async run(world) {
      const { chat } = await world.newChat({ guest: null });
      return { followsUp: (await world.play(chat.id)).turn.id };
    },
  },
  {
    keeps: ['retriedInVainThenSkipped'],
    async run(world) {
      const { turnId, chat } = await stuckTurn(world);
      await update(world, turnId, 'retryStep', 'significance:0');
      await until('it is stuck again', async () => {
        const events = await world.service().client.events(chat.id);
        return events.filter(({ kind }) => kind === 'step_stuck').length === 2 ? true : null;
      });
      await update(world, turnId, 'skipStep', 'significance:0');
      return { retriedInVainThenSkipped: turnId };
    },
  },
  {
    keeps: ['parkedThenSkipped'],
    async run(world) {
      const { chat } = await world.newChat({ guest: null });
      world.provider.script(() => ({ status: 401 }));
      const { id } = await world.service().client.postTurn(chat.id, 'Is anybody there?', { whenFailed: 'park' });
      await world.awaitingOperator(id);
      await update(world, id, 'skipStep', 'reply:0');
      return { parkedThenSkipped: id };
    },
  },
  {
    keeps: ['leftWhileStuck'],
    async run(world) {
      const { turnId, path } = await stuckTurn(world);
      await world.service().client.send('POST', `${path}/rewind`, { toSeq: 1 });
      return { leftWhileStuck: turnId };
    },
  },
];

async function stuckTurn(world: NarrativeWorld): Promise<Scene & { turnId: string }> {
  const scene = await world.newChat({ guest: null });
  world.provider.classify(({ requestId }) => (stepOf(requestId) === 'significance:0' ? { status: 500 } : undefined));
  const { id: turnId } = await world.service().client.postTurn(scene.chat.id, 'Is anybody there?');
  await world.awaitingOperator(turnId);
  return { ...scene, turnId };
}

/** What the Temporal UI sends; it is taken once the workflow says that the step is stuck. */
const update = (world: NarrativeWorld, turnId: string, name: string, step: string) =>
  withTemporal(world.service(), (client) =>
    until(`${name} ${step} is taken`, () =>
      client.workflow
        .getHandle(turnId)
        .executeUpdate(name, { args: [{ step }] })
        .then(() => true as const)
        .catch(() => null),
    ),
  );
