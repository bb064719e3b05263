import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createChat } from '../../../db/chats/newChat.js';
import { createCharacter } from '../../../db/narrative/characters.js';
import { type ProfileName, profileNames } from '../../../domain/providers/profileNames.js';
import { owner } from '../../support/chats/chats.js';
import { beStrict } from '../../support/provider/strict/beStrict.js';
import { startWorkerFleet, type WorkerFleet } from '../../support/service/workerFleet.js';

let fleet: WorkerFleet;
beforeAll(async () => {
  fleet = await startWorkerFleet('profiles', { STUCK_RETRY_INITIAL_MS: '50' });
}, 240_000);
afterAll(() => fleet?.close(), 60_000);
afterEach(async () => {
  await fleet.endWorkers();
  fleet.provider.unscript();
  fleet.provider.requests.length = 0;
});

/** A turn with a guest, to its end, at a server of this kind. */
async function play(kind: ProfileName) {
  beStrict(fleet.provider, kind);
  const [host, guest] = [
    await createCharacter(fleet.pool, owner, { name: 'Mira', persona: 'Keeps the lighthouse.', greeting: null }),
    await createCharacter(fleet.pool, owner, { name: 'Brann', persona: 'A sailor.', greeting: null }),
  ];
  const chat = await createChat(fleet.pool, owner, {
    ...{ kind: 'narrative', title: null, hostId: host.id, guestId: guest.id },
    scene: { container: 'the lamp room' },
  });
  const turn = await fleet.ended(await fleet.begin(chat.id), 120_000);
  return { status: turn.status, warnings: turn.warnings, open: turn.steps.filter(({ status }) => status !== 'done') };
}
const whole = { status: 'completed', warnings: [], open: [] };

describe('a narrative turn with a guest', () => {
  test('completes without a stuck step at a server of every kind that the profile auto does not know', async () => {
    await fleet.start();
    for (const kind of profileNames) {
      await fleet.pool.query('delete from provider_facts');
      expect({ kind, ...(await play(kind)) }).toEqual({ kind, ...whole });
    }
  }, 900_000);

  test.each(profileNames)(
    'completes at a server of the kind %s with its profile set by name',
    async (kind) => {
      await fleet.pool.query('delete from provider_facts');
      await fleet.start({ PROVIDER_PROFILE: kind });
      expect(await play(kind)).toEqual(whole);
    },
    120_000,
  );
});
