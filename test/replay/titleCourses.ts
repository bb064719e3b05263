import type { ScriptedService } from '../support/service/scriptedService.js';
import type { Course } from './course.js';

/** A turn that names its chat, and the workflow by which it does. */
export const titleCourses: Course<ScriptedService>[] = [
  {
    keeps: ['namesItsChat', 'titleMade'],
    async run(world) {
      world.provider.classify(({ name }) => (name === 'title' ? { json: { title: 'A lamp' } } : undefined));
      const { chat, turn, call } = await world.beginReply();
      await call.finish();
      await world.provider.nextRequest(({ requestId }) => requestId === `${turn.id}/title/1`);
      return { namesItsChat: turn.id, titleMade: `${chat.id}/title` };
    },
  },
];
