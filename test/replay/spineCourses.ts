import { whole } from '../support/provider/scriptedReply.js';
import type { ScriptedService } from '../support/service/scriptedService.js';
import { withTemporal } from '../support/temporal/engine.js';
import type { Course } from './course.js';

/** A reply by the host, however it ends. The histories that are kept of these began before there were follow-ups. */
export const spineCourses: Course<ScriptedService>[] = [
  {
    keeps: ['plain'],
    async run(world) {
      const { turn, call } = await world.beginReply();
      await call.finish();
      return { plain: turn.id };
    },
  },
  {
    keeps: ['stopped'],
    async run(world) {
      const { turn } = await world.beginReply();
      await world.service.client.cancelTurn(turn.id);
      return { stopped: turn.id };
    },
  },
  {
    keeps: ['stoppedByOperator'],
    async run(world) {
      const { turn } = await world.beginReply();
      await withTemporal(world.service, (client) => client.workflow.getHandle(turn.id).executeUpdate('stopReply'));
      return { stoppedByOperator: turn.id };
    },
  },
  {
    keeps: ['cancelledInTemporal'],
    async run(world) {
      const { turn } = await world.beginReply();
      await withTemporal(world.service, (client) => client.workflow.getHandle(turn.id).cancel());
      return { cancelledInTemporal: turn.id };
    },
  },
  {
    keeps: ['failed'],
    async run(world) {
      world.provider.script({ status: 401 });
      const chat = await world.service.client.newChat();
      return { failed: (await world.service.client.postTurn(chat.id, 'Is anybody there?')).id };
    },
  },
  {
    keeps: ['retried'],
    async run(world) {
      world.provider.script({ status: 500 }, whole('Yes.'));
      const chat = await world.service.client.newChat();
      return { retried: (await world.service.client.postTurn(chat.id, 'Is anybody there?')).id };
    },
  },
  {
    keeps: ['handsTheFloorOn', 'wasQueued'],
    async run(world) {
      const { turn, call, chat } = await world.beginReply();
      const next = await world.service.client.postTurn(chat.id, 'And now?');
      world.provider.unscript();
      await call.finish();
      return { handsTheFloorOn: turn.id, wasQueued: next.id };
    },
  },
  {
    keeps: ['interrupted', 'interrupts'],
    async run(world) {
      const { turn, chat } = await world.beginReply();
      world.provider.unscript();
      const next = await world.service.client.postTurn(chat.id, 'Now!', { whenBusy: 'interrupt' });
      return { interrupted: turn.id, interrupts: next.id };
    },
  },
];

/** Turns with tracing on: their workflows' input and headers name a trace. */
export const tracedCourses: Course<ScriptedService>[] = [
  {
    keeps: ['tracedHandsTheFloorOn', 'tracedWasQueued'],
    async run(world) {
      const { turn, call, chat } = await world.beginReply();
      const next = await world.service.client.postTurn(chat.id, 'And now?');
      world.provider.unscript();
      await call.finish();
      return { tracedHandsTheFloorOn: turn.id, tracedWasQueued: next.id };
    },
  },
  {
    keeps: ['tracedStopped'],
    async run(world) {
      const { turn } = await world.beginReply();
      await world.service.client.cancelTurn(turn.id);
      return { tracedStopped: turn.id };
    },
  },
];
