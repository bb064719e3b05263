import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { type AgentWorld, named, startAgentWorld } from '../support/chats/agentWorld.js';
import { stepOf } from '../support/chats/narrativeWorld.js';
import { launchChromium } from '../support/page/browser.js';
import { asking, tool } from '../support/provider/agentReply.js';
import { createTemporalUi, type TemporalUi } from '../support/temporal/temporalUi.js';
import { until } from '../support/until.js';

/**
 * `node --import tsx test/pictures/operating.ts`: makes the pictures of docs/operating.md again. It runs the service
 * with a scripted provider, leaves turns waiting for an operator, and goes through the Temporal UI as the guide
 * does. Look at each picture before it is committed: another version of the UI may show something else.
 */
const folder = fileURLToPath(new URL('../../docs/pictures/', import.meta.url));

const isStuck = (step: string) => step === 'significance:0' || /^state_update:chr_[^>]*>you:0$/.test(step);

/** A turn with two stuck steps, and two other turns that wait for a decision. */
async function waitingTurns(world: AgentWorld): Promise<{ stuck: string; agent: string }> {
  const { client } = world.service();
  const begin = async (chatId: string, how = {}) => {
    const { id } = await client.postTurn(chatId, 'Is anybody there?', how);
    await world.awaitingOperator(id);
    return id;
  };
  world.provider.classify(({ requestId }) => {
    if (!isStuck(stepOf(requestId))) return undefined;
    return stepOf(requestId) === 'significance:0' ? { status: 500 } : { content: 'Gladly!' };
  });
  const stuck = await begin((await world.newChat({ guest: null })).chat.id);
  world.provider.script(() => ({ status: 401 }));
  await begin((await world.newChat({ guest: null })).chat.id, { whenFailed: 'park' });
  world.provider.unscript();
  world.provider.script(asking([tool('call_1', named('echo', 'careful'), { word: 'hello' })]));
  return { stuck, agent: await begin((await world.newAgent()).chat.id) };
}

async function chooseColumns(page: Page): Promise<void> {
  await page.getByRole('navigation', { name: 'Workflows' }).getByRole('button').nth(1).click();
  for (const name of ['Run ID', 'Type', 'Start', 'End']) {
    await page.getByRole('button', { name: `Remove ${name} column` }).click();
  }
  for (const name of ['TurnKind', 'TurnPhase', 'StuckSteps']) {
    await page.getByRole('button', { name: `Add ${name} column` }).click();
  }
  await page.getByRole('button', { name: 'Close Workflows Table configuration' }).click();
  await page.getByRole('button', { name: 'Collapse saved views' }).click();
}

async function take(page: Page, name: string, height: number): Promise<void> {
  await page.mouse.move(0, 0);
  await page.waitForTimeout(1_000);
  const clip = { x: 0, y: 0, width: page.viewportSize()?.width ?? 0, height };
  await page.screenshot({ path: `${folder}${name}.png`, clip, animations: 'disabled' });
}

async function findIt(page: Page, ui: TemporalUi, turnId: string): Promise<void> {
  await ui.openList();
  await chooseColumns(page);
  await ui.addFilter('TurnPhase', { is: 'awaiting_operator' });
  await page.getByRole('row').filter({ hasText: turnId }).waitFor();
  await take(page, 'find-turns-that-wait', 390);
}

async function repairIt(page: Page, ui: TemporalUi, turnId: string, repair: () => void): Promise<void> {
  await ui.openFromList(turnId);
  await ui.status(turnId, 'Running').waitFor();
  await take(page, 'timeline-of-a-stuck-turn', 830);
  await (await ui.currentDetails()).getByRole('heading', { name: 'Stuck' }).waitFor();
  await take(page, 'why-it-is-stuck', 820);
  await ui.openUpdates();
  await take(page, 'what-can-be-sent', 720);
  await ui.fillUpdate('retryStep', '{"step": "parse"}');
  await ui.submitUpdate();
  await ui.refusal().waitFor();
  await take(page, 'an-update-that-is-refused', 800);
  await ui.closeDialog();
  repair();
  await ui.openUpdates();
  await ui.fillUpdate('retryStep', '{"step": "significance:0"}');
  await take(page, 'retry-the-step', 720);
  await ui.submitUpdate();
}

async function takeAll(world: AgentWorld, page: Page): Promise<void> {
  const { temporalUi } = await world.service().run();
  const ui = createTemporalUi(page, temporalUi);
  const { stuck, agent } = await waitingTurns(world);
  await findIt(page, ui, stuck);
  await repairIt(page, ui, stuck, world.provider.unscript);
  await page.goto(`${temporalUi}/namespaces/default/workflows/${agent}`);
  await ui.status(agent, 'Running').waitFor();
  await (await ui.currentDetails()).getByRole('heading', { name: 'Waiting for approval' }).waitFor();
  await take(page, 'a-call-that-waits-for-approval', 620);
}

const browser = await launchChromium();
const world = await startAgentWorld();
try {
  await mkdir(folder, { recursive: true });
  const careful = named('echo', 'careful');
  await until('the tools', async () =>
    (await world.list('/v1/tools')).some(({ name }) => name === careful) ? true : null,
  );
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  page.setDefaultTimeout(30_000);
  await takeAll(world, page);
} finally {
  await browser.close();
  await world.dispose();
}
