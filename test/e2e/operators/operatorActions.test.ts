import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { expectProjectionsToFold } from '../../support/chats/agreement.js';
import { count, type NarrativeWorld, startNarrativeWorld, stepOf } from '../../support/chats/narrativeWorld.js';
import { withTemporal } from '../../support/temporal/engine.js';
import { until } from '../../support/until.js';

/** The reconciler looks every 10 s at what is older than 10 s; the rest is for a slow machine. */
const reconciledWithinMs = 60_000;

/** The event that a reset goes back to; the type wants a Long, the wire takes a number. */
const afterFirstTask = 4 as unknown as Long;

let world: NarrativeWorld;
beforeAll(async () => {
  world = await startNarrativeWorld();
}, 180_000);
afterAll(() => world?.dispose(), 60_000);
afterEach(() => world.provider.unscript());

const client = () => world.service().client;
const inTemporal = <T>(use: (temporal: Client) => Promise<T>) => withTemporal(world.service(), use);

async function stuckTurn() {
  const scene = await world.newChat({ guest: null });
  world.provider.classify(({ requestId }) => (stepOf(requestId) === 'significance:0' ? { status: 500 } : undefined));
  const { id: turnId } = await client().postTurn(scene.chat.id, 'Is anybody there?');
  await world.awaitingOperator(turnId);
  world.provider.unscript();
  return { ...scene, turnId };
}

async function streamingTurn(begun: string) {
  const { chat } = await world.newChat({ guest: null });
  world.provider.script(() => ({ steps: [{ text: begun }] }));
  const { id: turnId } = await client().postTurn(chat.id, 'Is anybody there?');
  await until('the text is in a checkpoint', async () =>
    (await client().getTurn(turnId)).beats[0]?.text === begun ? true : null,
  );
  world.provider.unscript();
  return { chat, turnId };
}

const reset = (turnId: string) =>
  inTemporal(async (temporal) => {
    const { runId } = await temporal.workflow.getHandle(turnId).describe();
    await temporal.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: turnId, runId },
      workflowTaskFinishEventId: afterFirstTask,
      requestId: 'a-test',
      reason: 'by a test',
    });
  });

describe('an operator in Temporal', () => {
  test('who resets a turn whose reply is in flight gets one reply and no effect twice', async () => {
    const { chat, turnId } = await streamingTurn('The lamp turns, ');
    const first = await world.nextReply(turnId);
    await reset(turnId);
    // The new run's attempt adopts this stream if it finds it in its own process, else it asks again.
    await first.send('the door is open.').catch(() => undefined);
    await first.finish().catch(() => undefined);
    const { turn, events } = await world.ended(turnId);
    expect(turn).toMatchObject({ status: 'completed', warnings: [] });
    const kinds = ['assistant_turn', 'memory_written', 'memory_scored', 'edge_update', 'turn_completed'];
    expect(kinds.map((kind) => count(events, kind))).toEqual([1, 1, 1, 2, 1]);
    await expectProjectionsToFold(world.service(), chat.id);
  }, 90_000);

  test('who resets a stuck turn repeats only the step whose effect is missing', async () => {
    const { chat, turnId } = await stuckTurn();
    const before = world.callsOf(turnId).map(({ step }) => step);
    await reset(turnId);
    const { turn, events, calls } = await world.ended(turnId);
    expect(turn).toMatchObject({ status: 'completed', warnings: [] });
    expect(calls.map(({ step }) => step).slice(before.length)).toEqual(['significance:0']);
    const kinds = ['assistant_turn', 'memory_written', 'memory_scored', 'edge_update', 'turn_completed'];
    expect(kinds.map((kind) => count(events, kind))).toEqual([1, 1, 1, 2, 1]);
    await expectProjectionsToFold(world.service(), chat.id);
  }, 90_000);

  test('who asks where a workflow waits is refused, since stack traces are off, and the turn continues', async () => {
    const { turnId } = await stuckTurn();
    await inTemporal(async (temporal) => {
      const workflow = temporal.workflow.getHandle(turnId);
      await expect(workflow.query('__stack_trace')).rejects.toThrow('stack traces are not enabled');
      await workflow.executeUpdate('retryStep', { args: [{ step: 'significance:0' }] });
    });
    expect((await world.ended(turnId)).turn.status).toBe('completed');
  }, 60_000);

  test('who cancels a stuck turn changes nothing: it still waits, and its step can be retried', async () => {
    const { turnId } = await stuckTurn();
    await inTemporal((temporal) => temporal.workflow.getHandle(turnId).cancel());
    await inTemporal((temporal) => temporal.workflow.getHandle(turnId).query('turnStatus'));
    expect((await client().getTurn(turnId)).status).toBe('awaiting_operator');
    await inTemporal((temporal) =>
      temporal.workflow.getHandle(turnId).executeUpdate('retryStep', { args: [{ step: 'significance:0' }] }),
    );
    const { turn, events } = await world.ended(turnId);
    expect([turn.status, count(events, 'memory_scored')]).toEqual(['completed', 1]);
  }, 60_000);

  test('who cancels a turn whose reply is parked ends it as a stop does', async () => {
    const { chat } = await world.newChat({ guest: null });
    world.provider.script(() => ({ status: 401 }));
    const { id: turnId } = await client().postTurn(chat.id, 'Is anybody there?', { whenFailed: 'park' });
    await world.awaitingOperator(turnId);
    world.provider.unscript();
    await inTemporal((temporal) => temporal.workflow.getHandle(turnId).cancel());
    expect((await world.ended(turnId)).turn.status).toBe('cancelled');
    expect((await world.play(chat.id)).turn.status).toBe('completed');
  }, 60_000);

  test('who terminates a stuck turn skips its steps and keeps the reply and all landed effects', async () => {
    const { chat, turnId } = await stuckTurn();
    await inTemporal((temporal) => temporal.workflow.getHandle(turnId).terminate('by a test'));
    const turn = await client().awaitTurnEnd(turnId, reconciledWithinMs);
    const events = await client().events(chat.id);
    expect(turn.status).toBe('completed');
    expect(['assistant_turn', 'edge_update', 'memory_scored'].map((kind) => count(events, kind))).toEqual([1, 2, 0]);
    expect((await world.play(chat.id)).turn.status).toBe('completed');
  }, 120_000);

  test('who deletes a running workflow ends its turn with the text so far, and the chat takes new turns', async () => {
    const { chat, turnId } = await streamingTurn('The lamp turns, ');
    await inTemporal((temporal) =>
      temporal.workflowService.deleteWorkflowExecution({
        namespace: 'default',
        workflowExecution: { workflowId: turnId },
      }),
    );
    const turn = await client().awaitTurnEnd(turnId, reconciledWithinMs);
    expect(turn).toMatchObject({
      status: 'failed',
      error: { code: 'workflow_lost' },
      beats: [{ text: 'The lamp turns, ', truncated: true }],
    });
    expect((await world.play(chat.id)).turn.status).toBe('completed');
  }, 120_000);

  test('who deletes the workflow of an ended turn changes nothing in the chat', async () => {
    const { chat } = await world.newChat({ guest: null });
    const { turn } = await world.play(chat.id);
    const before = await client().events(chat.id);
    await inTemporal((temporal) =>
      temporal.workflowService.deleteWorkflowExecution({
        namespace: 'default',
        workflowExecution: { workflowId: turn.id },
      }),
    );
    expect(await client().events(chat.id)).toEqual(before);
    expect(await client().getTurn(turn.id)).toMatchObject({ status: 'completed', steps: turn.steps });
  }, 60_000);
});
