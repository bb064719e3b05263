import { fillChat } from '../../test/support/chats/largeChat.js';
import type { TestDatabase } from '../../test/support/postgres/postgres.js';
import type { ApiAttack } from './apiAttack.js';
import { slowestDuring } from './many.js';

/** Checkouts from before the limits have no columns for sizes, which `fillChat` fills. */
async function addSizes({ pool }: TestDatabase): Promise<void> {
  await pool.query('alter table events add column if not exists bytes integer');
  await pool.query('alter table chats add column if not exists log_bytes bigint');
}

export const rewinds: ApiAttack[] = [
  {
    name: 'rewind: a rewind by 5,000 turns, while messages of another chat are requested one after another',
    async prepare(api, database) {
      const host = await api.client.createCharacter();
      const [long, other] = [await api.client.createChat(host.id), await api.client.createChat(host.id)];
      await addSizes(database);
      await fillChat(database.pool, { chatId: long.id, hostId: host.id, turns: 6_000, bytes: 2_000 });
      await fillChat(database.pool, { chatId: other.id, hostId: host.id, turns: 50, bytes: 2_000 });
      const look = () => api.client.send('GET', `/v1/chats/${other.id}/messages?limit=10`);
      for (let n = 0; n < 20; n++) await look();
      return async () => {
        const rewind = api.client.send('POST', `/v1/chats/${long.id}/rewind`, { toSeq: 8_002 });
        const slowest = await slowestDuring(rewind, look);
        return `answered ${(await rewind).status}; the slowest request of the other chat took ${slowest} ms`;
      };
    },
  },
];
