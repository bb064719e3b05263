import { createPool } from '../../db/core/pool.js';
import { createStartDelivery } from '../../engine/deliveries.js';
import type { ScriptedService } from '../support/service/scriptedService.js';
import { withTemporal } from '../support/temporal/engine.js';
import { type Receiver, secret, startReceiver } from '../support/webhooks/receiver.js';
import type { Course } from './course.js';

type Hooked = { world: ScriptedService; receiver: Receiver; webhookId: string };

/** Runs with a webhook for new chats, whose receiver the course drives. */
const hooked = (run: (hooked: Hooked) => Promise<Record<string, string>>) => async (world: ScriptedService) => {
  const receiver = await startReceiver();
  try {
    const hook = { url: receiver.url, events: ['chat_created'], secret };
    const { body } = await world.service.client.send<{ id: string }>('POST', '/v1/webhooks', hook);
    const webhookId = body.id;
    const kept = await run({ world, receiver, webhookId });
    await untilEnded(world, Object.values(kept));
    await world.service.client.send('DELETE', `/v1/webhooks/${webhookId}`);
    return kept;
  } finally {
    await receiver.close();
  }
};

const untilEnded = ({ service }: ScriptedService, ids: string[]) =>
  withTemporal(service, async (client) => {
    for (const id of ids) await client.workflow.getHandle(id).result();
  });

/** Deliveries to webhooks, however they end. */
export const webhookCourses: Course<ScriptedService>[] = [
  {
    keeps: ['webhookDelivered'],
    run: hooked(async ({ world, receiver }) => {
      await world.service.client.newChat();
      return { webhookDelivered: (await receiver.next(() => true)).id };
    }),
  },
  {
    keeps: ['webhookRetried'],
    run: hooked(async ({ world, receiver }) => {
      receiver.script(500, 429);
      await world.service.client.newChat();
      return { webhookRetried: (await receiver.next(({ status }) => status === 204)).id };
    }),
  },
  {
    keeps: ['webhookGone'],
    run: hooked(async ({ world, receiver }) => {
      receiver.script(410);
      await world.service.client.newChat();
      return { webhookGone: (await receiver.next(() => true)).id };
    }),
  },
  {
    keeps: ['webhookStopped'],
    run: hooked(async ({ world, receiver, webhookId }) => {
      receiver.script(503);
      await world.service.client.newChat();
      const { id } = await receiver.next(() => true);
      await world.service.client.send('DELETE', `/v1/webhooks/${webhookId}`);
      return { webhookStopped: id };
    }),
  },
  {
    keeps: ['webhookGivenUp'],
    run: hooked(async ({ world, receiver }) => {
      receiver.script(204, 500, 500, 500);
      const { id: chatId } = await world.service.client.newChat();
      await receiver.next(() => true);
      // Deliveries of the service are retried for a day; this one, to a webhook that asks for no event of it, for two seconds.
      const hook = { url: receiver.url, events: ['memory_pinned'], secret };
      const { body } = await world.service.client.send<{ id: string }>('POST', '/v1/webhooks', hook);
      const [webhookId, seq] = [body.id, 1];
      const pool = createPool((await world.service.run()).databaseUrl, { max: 1 });
      await pool
        .query('insert into webhook_deliveries values ($1, $2, $3, now(), now())', [webhookId, chatId, seq])
        .finally(() => pool.end());
      await withTemporal(world.service, async (client) => {
        const start = createStartDelivery({ client, taskQueue: 'durable-turns' });
        await start({ webhookId, chatId, seq, owner: 'local', kind: 'chat_created' }, 2_000);
      });
      return { webhookGivenUp: `${webhookId}/${chatId}/${seq}` };
    }),
  },
];
