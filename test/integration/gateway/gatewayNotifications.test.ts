import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { scriptArgs } from '../../support/service/scriptArgs.js';
import { useGatewayFixture } from '../../support/viewers/gatewayFixture.js';

const fixture = useGatewayFixture();

const script = 'test/support/service/endTurnAndDie.ts';

test('a viewer gets the end of a turn whose process was killed between the commit and the notification', async () => {
  const viewer = fixture.overSocket();
  await viewer.untilEvent('scene_opened');
  const reply = await fixture.begin();
  await reply.say('The lamp is lit.');
  await reply.land();
  await viewer.untilEvent('assistant_turn', reply.turnId);
  await viewer.until(() => viewer.of('status').some(({ status }) => status === 'running'), 'the status of the turn');

  const args = scriptArgs(script, fixture.database.url, reply.turnId);
  const [, signal] = await once(spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] }), 'exit');
  expect(signal).toBe('SIGKILL');

  await viewer.untilEvent('turn_completed', reply.turnId);
  await viewer.until(() => viewer.of('status').at(-1)?.status === 'completed', 'the last status of the turn');
});
