import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createPool } from '../../../db/core/pool.js';
import { claimTurn } from '../../../db/turns/claim.js';
import { expectAgreement, expectFollowingTurnToRun } from '../../support/chats/agreement.js';
import { stateOf } from '../../support/service/processes.js';
import { type ScriptedService, startScriptedService } from '../../support/service/scriptedService.js';
import { fetchHistory, readableHistory, withTemporal } from '../../support/temporal/engine.js';
import { openFollowingViewer } from '../../support/viewers/followingViewer.js';

/** The reconciler looks every 10 s at what is older than 10 s; the rest is for a slow machine. */
const reconciledWithinMs = 60_000;

/** The event that a reset goes back to; the type wants a Long, the wire takes a number. */
const afterFirstTask = 4 as unknown as Long;

let world: ScriptedService;

beforeAll(async () => {
  world = await startScriptedService({}, { ownServers: true });
}, 180_000);
afterAll(() => world?.dispose(), 60_000);
afterEach(() => world.provider.unscript());

const report = (what: string, since: number) => console.info(`${what}: ${Math.round(performance.now() - since)} ms`);

describe('an operator', () => {
  test('who terminates a turn leaves its partial text in the log, and the chat takes new turns', async () => {
    const { viewer, turn, chat, begun, call } = await world.beginReply();
    await withTemporal(world.service, (client) => client.workflow.getHandle(turn.id).terminate('by a test'));
    const terminatedAt = performance.now();
    await viewer.untilEnd(turn.id, reconciledWithinMs);
    report('a terminated turn was closed after', terminatedAt);
    const agreed = await expectAgreement(world.service, viewer, turn.id);
    expect(agreed.turn).toMatchObject({ status: 'failed', error: { code: 'workflow_terminated' } });
    expect(agreed.text).toBe(begun);
    expect(agreed.turn.beats[0]).toMatchObject({ truncated: true });
    // The worker holds the stream for an attempt that may come; its next token tells it that the reply is closed.
    await call.send('in vain');
    await call.left();
    world.provider.unscript();
    await expectFollowingTurnToRun(world.service, chat.id);
    viewer.close();
  }, 120_000);

  test('who terminates a turn gives the floor to the next in the queue', async () => {
    const { viewer, turn, chat } = await world.beginReply();
    const next = await world.service.client.postTurn(chat.id, 'And I?');
    world.provider.unscript();
    await withTemporal(world.service, (client) => client.workflow.getHandle(turn.id).terminate('by a test'));
    expect((await world.service.client.awaitTurnEnd(next.id, reconciledWithinMs)).status).toBe('completed');
    await expectAgreement(world.service, viewer, next.id);
    viewer.close();
  }, 120_000);

  test('who cancels the workflow stops the turn as a stop does', async () => {
    const { viewer, turn, begun } = await world.beginReply();
    await withTemporal(world.service, (client) => client.workflow.getHandle(turn.id).cancel());
    const agreed = await expectAgreement(world.service, viewer, turn.id);
    expect([agreed.turn.status, agreed.text]).toEqual(['cancelled', begun]);
    viewer.close();
  }, 60_000);

  test('who sends stopReply from the UI stops the turn', async () => {
    const { viewer, turn, begun } = await world.beginReply();
    await withTemporal(world.service, (client) => client.workflow.getHandle(turn.id).executeUpdate('stopReply'));
    const agreed = await expectAgreement(world.service, viewer, turn.id);
    expect([agreed.turn.status, agreed.text]).toEqual(['cancelled', begun]);
    viewer.close();
  }, 60_000);

  test('who resets a finished turn changes nothing in the log', async () => {
    const { client } = world.service;
    const chat = await client.newChat();
    const turn = await client.postTurn(chat.id, 'Is anybody there?');
    await client.awaitTurnEnd(turn.id);
    const before = await client.events(chat.id);
    await withTemporal(world.service, async (temporal) => {
      const { runId } = await temporal.workflow.getHandle(turn.id).describe();
      const request = {
        namespace: 'default',
        workflowExecution: { workflowId: turn.id, runId },
        workflowTaskFinishEventId: afterFirstTask,
        requestId: 'a-test',
        reason: 'by a test',
      };
      const reset = await temporal.workflowService.resetWorkflowExecution(request);
      await temporal.workflow.getHandle(turn.id, reset.runId ?? undefined).result();
    });
    expect(await client.events(chat.id)).toEqual(before);
    expect(world.attempts(turn.id)).toHaveLength(1);
  }, 60_000);
});

describe('with Temporal away', () => {
  test('a post is accepted, and its turn runs when Temporal is back', async () => {
    const { client } = world.service;
    const chat = await client.newChat();
    const viewer = openFollowingViewer(world.service.api, chat.id);
    const frozen = await world.service.kill('temporal', 'SIGSTOP');
    try {
      await delay(50);
      expect(stateOf(frozen)).toBe('T');
      const postedAt = performance.now();
      const answer = await client.sendTurn(chat.id, 'Is anybody there?');
      report('a post with Temporal away was answered after', postedAt);
      expect(answer.status).toBe(202);
      const turn = await client.getTurn(answer.body.turn.id);
      expect(turn).toMatchObject({ status: 'running', engine: 'unreachable' });
      expect((await client.cancelTurn('turn_00000000-0000-7000-8000-000000000000')).status).toBe(404);
      await world.service.kill('temporal', 'SIGCONT');
      const ended = await client.awaitTurnEnd(turn.id, reconciledWithinMs);
      report('and ended after', postedAt);
      expect(ended.status).toBe('completed');
      await expectAgreement(world.service, viewer, turn.id);
    } finally {
      await world.service.kill('temporal', 'SIGCONT');
      viewer.close();
    }
  }, 120_000);

  test('a stop ends the stream at once, and its turn ends when Temporal is back', async () => {
    const { client } = world.service;
    const { viewer, turn, call, begun } = await world.beginReply();
    await world.service.kill('temporal', 'SIGSTOP');
    try {
      expect((await client.cancelTurn(turn.id)).status).toBe(204);
      await call.left();
    } finally {
      await world.service.kill('temporal', 'SIGCONT');
    }
    const agreed = await expectAgreement(world.service, viewer, turn.id);
    expect([agreed.turn.status, agreed.text]).toEqual(['cancelled', begun]);
    viewer.close();
  }, 120_000);
});

describe('a turn whose api was killed', () => {
  test('between the claim and the start of its workflow is started by the reconciler', async () => {
    const { client } = world.service;
    const chat = await client.newChat();
    const viewer = openFollowingViewer(world.service.api, chat.id);
    const pool = createPool((await world.service.run()).databaseUrl, { max: 1 });
    const claimedAt = performance.now();
    const { turn } = await claimTurn(pool, {
      chatId: chat.id,
      owner: 'local',
      text: 'Is anybody there?',
      whenBusy: 'enqueue',
      whenFailed: 'fail',
      requestHash: 'of a test',
    }).finally(() => pool.end());
    await viewer.untilEnd(turn.id, reconciledWithinMs);
    report('a turn that nobody started ended after', claimedAt);
    expect((await expectAgreement(world.service, viewer, turn.id)).turn.status).toBe('completed');
    viewer.close();
  }, 120_000);
});

describe('the history of a turn in Temporal', () => {
  test('has few events and no prose', async () => {
    const { viewer, turn, call } = await world.beginReply({ text: 'My secret is amaranthine.', begun: 'You said ' });
    await call.send('vermilion, ');
    await call.finish();
    await expectAgreement(world.service, viewer, turn.id);
    const history = await fetchHistory(world.service, turn.id);
    const text = readableHistory(history);
    console.info(`history of a plain turn: ${history.events?.length} events, ${text.length} bytes as JSON`);
    expect(history.events?.length).toBeLessThan(60);
    expect(text).not.toMatch(/amaranthine|vermilion|You said/);
    expect(text).toContain(turn.chatId);
    viewer.close();
  }, 60_000);
});
