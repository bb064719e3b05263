import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { type AgentWorld, named, startAgentWorld } from '../support/chats/agentWorld.js';
import { count, stepOf } from '../support/chats/narrativeWorld.js';
import { launchChromium } from '../support/page/browser.js';
import { asking, tool } from '../support/provider/agentReply.js';
import { whole } from '../support/provider/scriptedReply.js';
import { createTemporalUi, type TemporalUi } from '../support/temporal/temporalUi.js';
import { until } from '../support/until.js';

let world: AgentWorld;
let browser: Browser;
let page: Page;
let ui: TemporalUi;

beforeAll(async () => {
  browser = await launchChromium();
  world = await startAgentWorld({}, { ownServers: true });
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await world?.dispose();
}, 60_000);
beforeEach(async () => {
  page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
  page.setDefaultTimeout(30_000);
  ui = createTemporalUi(page, (await world.service().run()).temporalUi);
});
afterEach(async () => {
  await page.close();
  world.provider.unscript();
});

const client = () => world.service().client;

/** A turn that waits for an operator, because its memory could not be rated. */
async function stuckTurn() {
  world.provider.classify(({ requestId }) => (stepOf(requestId) === 'significance:0' ? { status: 500 } : undefined));
  const { chat } = await world.newChat({ guest: null });
  const { id: turnId } = await client().postTurn(chat.id, 'Is anybody there?');
  await world.awaitingOperator(turnId);
  return { turnId, chat, repair: () => world.provider.unscript() };
}

const toolsAreListed = async () =>
  (await world.list('/v1/tools')).some(({ name }) => name === named('echo', 'careful')) ? true : null;

/** Follows the link that the api gives with a turn. */
async function openByLink(turnId: string): Promise<void> {
  const { temporalUiUrl } = await client().getTurn(turnId);
  await page.goto(temporalUiUrl ?? 'about:blank');
  await ui.status(turnId, 'Running').waitFor();
}

describe('an operator in the Temporal UI', () => {
  test('finds a stuck turn by its search attributes, sees the error, retries the step, and sees the turn complete', async () => {
    const { chat: other } = await world.newChat({ guest: null });
    expect((await world.play(other.id)).turn.status).toBe('completed');
    const { turnId, chat, repair } = await stuckTurn();

    await ui.openList();
    await ui.addFilter('TurnPhase', { is: 'awaiting_operator' });
    await ui.addFilter('StuckSteps', 'Is not null');
    await ui.untilAlone(turnId);

    await ui.openFromList(turnId);
    await ui.status(turnId, 'Running').waitFor();
    const details = await ui.currentDetails();
    await details.getByRole('heading', { name: 'Stuck' }).waitFor();
    await details.getByText('provider_error').first().waitFor();
    const toSend = details.getByText('{"step":"significance:0"}');
    await toSend.waitFor();

    repair();
    await ui.sendUpdate('retryStep', (await toSend.textContent()) ?? '');
    await ui.status(turnId, 'Completed').waitFor();

    const { turn, events } = await world.ended(turnId);
    expect(turn).toMatchObject({ status: 'completed', warnings: [] });
    expect(count(events, 'memory_scored')).toBe(1);
    expect((await client().getChat(chat.id)).activeTurnId).toBeNull();
  }, 180_000);

  test('sees which tool call waits for approval, and approves it', async () => {
    await until('the tools', toolsAreListed, 120_000);
    const { chat } = await world.newAgent();
    world.provider.script(asking([tool('call_1', named('echo', 'careful'), { word: 'approved' })]), whole('Done.'));
    const { id: turnId } = await client().postTurn(chat.id, 'Go.');
    await world.awaitingOperator(turnId);

    await openByLink(turnId);
    const details = await ui.currentDetails();
    const toSend = details.getByText('{"callId":"call_0_0","approved":true}');
    await toSend.waitFor();
    expect(await world.made()).toEqual([]);
    await ui.sendUpdate('approve', (await toSend.textContent()) ?? '');
    await ui.status(turnId, 'Completed').waitFor();

    expect((await world.ended(turnId)).turn).toMatchObject({ status: 'completed', beats: [{ text: 'Done.' }] });
    expect(await world.made()).toEqual(['echo approved']);
  }, 180_000);

  test('gets a reason for each refused Update, and the turn still waits', async () => {
    const { turnId } = await stuckTurn();
    await openByLink(turnId);
    const refused: [string, RegExp][] = [
      ['', /^bad_argument: .*\{"step": "NAME"\}.* Stuck: significance:0\./],
      ['null', /^bad_argument: /],
      ['"significance:0"', /^bad_argument: /],
      ['{"step": "significance:1"}', /^step_not_stuck: the turn has no such step\. Stuck: significance:0\./],
      ['{"step": "parse"}', /^step_not_stuck: parse is done\. Stuck: significance:0\./],
    ];
    for (const [data, reason] of refused) {
      await ui.sendUpdate('retryStep', data);
      await ui.refusal().getByText(reason).waitFor();
      await ui.closeDialog();
    }
    await ui.sendUpdate('approve', '{"callId": "call_0_0", "approved": true}');
    await ui
      .refusal()
      .getByText(/^approval_not_pending: .* Waiting: none\./)
      .waitFor();
    await ui.closeDialog();
    expect((await client().getTurn(turnId)).status).toBe('awaiting_operator');

    await ui.sendUpdate('skipStep', '{"step": "significance:0"}');
    await ui.status(turnId, 'Completed').waitFor();
    expect((await world.ended(turnId)).turn).toMatchObject({
      status: 'completed',
      warnings: ['step_skipped:significance:0'],
    });
  }, 180_000);
});
