import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Turn } from '../../../client/src/index.js';
import { expectAgreement } from '../../support/chats/agreement.js';
import { followUpSteps } from '../../support/chats/narrativeWorld.js';
import { whole } from '../../support/provider/scriptedReply.js';
import { type ScriptedService, startScriptedService } from '../../support/service/scriptedService.js';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../../support/telemetry/otlpReceiver.js';
import { fetchHistory, readableHistory } from '../../support/temporal/engine.js';

const marker = 'Amaranthine';
const prose = `The word is ${marker}.`;
const post = 'POST /v1/chats/:chatId/turns';

const tracedTo = (endpoint: string) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_BSP_SCHEDULE_DELAY: '100' });

/** Posts a turn as a client that is traced itself. */
async function postTraced(world: ScriptedService, chatId: string, traceId: string): Promise<Turn> {
  // What else it sends along is not for us to pass on.
  const headers = {
    traceparent: `00-${traceId}-${clientSpan}-01`,
    tracestate: `vendor=${marker}`,
    baggage: `said=${marker}`,
  };
  const path = `/v1/chats/${chatId}/turns`;
  const { body } = await world.service.client.send<{ turn: Turn }>('POST', path, { text: prose }, headers);
  return body.turn;
}
const clientSpan = 'b7ad6b7169203331';

const ofTrace = (spans: ReceivedSpan[], traceId: string) => spans.filter((span) => span.traceId === traceId);
/** The names from the root of the trace down to the span. */
function way(spans: ReceivedSpan[], span: ReceivedSpan | undefined): string[] {
  if (!span) return [];
  return [
    ...way(
      spans,
      spans.find(({ spanId }) => spanId === span.parentId),
    ),
    span.name,
  ];
}
const waysTo = (spans: ReceivedSpan[], name: string) =>
  spans.filter((span) => span.name === name).map((span) => way(spans, span));
const hasEnded = (traceId: string) => (spans: ReceivedSpan[]) =>
  ofTrace(spans, traceId).some(({ name }) => name === 'RunWorkflow:turn');

describe('with a collector', () => {
  let collector: OtlpReceiver;
  let world: ScriptedService;

  beforeAll(async () => {
    collector = await startOtlpReceiver();
    world = await startScriptedService(
      { ...tracedTo(collector.endpoint), LOG_LEVEL: 'info', STUCK_RETRY_INITIAL_MS: '50' },
      { ownServers: true },
    );
  }, 180_000);
  afterAll(async () => {
    await world?.dispose();
    await collector?.close();
  }, 60_000);
  afterEach(() => world.provider.unscript());

  test('a turn is one trace, from the request through the workflow to each call of a model', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const chat = await world.service.client.newChat();
    world.provider.script(whole(prose, ' And more.'));
    const turn = await postTraced(world, chat.id, traceId);
    await world.service.client.awaitTurnEnd(turn.id);
    const all = await collector.until("the workflow's span", hasEnded(traceId));
    const spans = ofTrace(all, traceId);

    const run = [post, 'StartWorkflow:turn', 'RunWorkflow:turn'];
    expect(spans.find(({ name }) => name === post)?.parentId).toBe(clientSpan);
    expect(waysTo(spans, 'RunWorkflow:turn')).toEqual([run]);
    expect(waysTo(spans, 'chat gpt-4.1')).toEqual([
      [...run, 'StartActivity:streamReply', 'RunActivity:streamReply', 'chat gpt-4.1'],
    ]);
    const classify = [...run, 'StartActivity:classify', 'RunActivity:classify', 'chat gpt-4.1-mini'];
    expect(waysTo(spans, 'chat gpt-4.1-mini')).toEqual(
      Array(4 + followUpSteps('without a scene').length).fill(classify),
    );
    for (const step of ['openTurn', 'writeMemory', 'finishTurn'])
      expect(waysTo(spans, `RunActivity:${step}`)).toEqual([[...run, `StartActivity:${step}`, `RunActivity:${step}`]]);
    expect(new Set(spans.map((span) => span.process))).toEqual(new Set(['api', 'worker']));
    expect(new Set(spans.map((span) => span.attributes['durable_turns.turn_id']))).toEqual(new Set([turn.id]));
    expect(readableHistory(await fetchHistory(world.service, turn.id))).not.toContain(marker);
    expect(spans.find(({ name }) => name === post)?.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/v1/chats/:chatId/turns',
      'http.response.status_code': 202,
      'durable_turns.turn_id': turn.id,
      'durable_turns.chat_id': chat.id,
    });
  }, 60_000);

  test('the span of a model call has its usage and the time of its first token', async () => {
    const traceId = '1af7651916cd43dd8448eb211c80319c';
    const chat = await world.service.client.newChat();
    const turn = await postTraced(world, chat.id, traceId);
    const spans = await collector.until("the workflow's span", hasEnded(traceId));
    const call = ofTrace(spans, traceId).find(({ name }) => name === 'chat gpt-4.1');
    expect(call?.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'gpt-4.1',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 11,
      'gen_ai.usage.output_tokens': 7,
      'durable_turns.turn_id': turn.id,
      'durable_turns.chat_id': chat.id,
      'durable_turns.step': 'reply:0',
      'durable_turns.attempt': 1,
    });
    const [first] = call?.events ?? [];
    expect(first?.name).toBe('first_token');
    expect(first?.at).toBeGreaterThanOrEqual(call?.start ?? Number.NaN);
    expect(first?.at).toBeLessThanOrEqual(call?.end ?? Number.NaN);
  }, 60_000);

  test('the span of a failed attempt has its code and no text of the provider', async () => {
    const traceId = '2af7651916cd43dd8448eb211c80319c';
    const chat = await world.service.client.newChat();
    world.provider.script({ status: 500, body: { error: { message: prose, code: marker } } }, whole('Yes.'));
    await postTraced(world, chat.id, traceId);
    const spans = ofTrace(await collector.until("the workflow's span", hasEnded(traceId)), traceId);
    const attempts = spans.filter(({ name }) => name === 'RunActivity:streamReply');
    expect(attempts.map(({ failed }) => failed).sort()).toEqual([false, true]);
    const codes = spans.filter(({ failed }) => failed).map(({ attributes }) => attributes['error.type']);
    expect(codes).toEqual(['provider_error', 'provider_error']);
  }, 60_000);

  test('the attempt after a killed worker belongs to the same trace', async () => {
    const traceId = '3af7651916cd43dd8448eb211c80319c';
    world.driveReplies();
    const chat = await world.service.client.newChat();
    const turn = await postTraced(world, chat.id, traceId);
    const call = await world.nextAttempt(turn.id);
    await call.send(prose);
    const killed = await world.service.kill('worker', 'SIGKILL');
    world.provider.unscript();
    await world.service.waitForRestart('worker', killed);
    await world.service.client.awaitTurnEnd(turn.id);
    const spans = ofTrace(await collector.until("the workflow's span", hasEnded(traceId)), traceId);
    const run = [post, 'StartWorkflow:turn', 'RunWorkflow:turn'];
    const calls = spans.filter(({ name }) => name === 'chat gpt-4.1');
    expect(calls.map((span) => way(spans, span))).toEqual([
      [...run, 'StartActivity:streamReply', 'RunActivity:streamReply', 'chat gpt-4.1'],
    ]);
    expect(calls[0]?.attributes['durable_turns.attempt']).toBe(2);
    expect(world.attempts(turn.id).map(({ requestId }) => requestId)).toEqual([
      `${turn.id}/reply:0/1`,
      `${turn.id}/reply:0/2`,
    ]);
  }, 90_000);

  test('a turn that waited for the floor belongs to the trace of its own request, not to that of the turn before', async () => {
    const [first, second] = ['4af7651916cd43dd8448eb211c80319c', '5af7651916cd43dd8448eb211c80319c'];
    world.driveReplies();
    const chat = await world.service.client.newChat();
    const before = await postTraced(world, chat.id, first);
    const call = await world.nextAttempt(before.id);
    const queued = await postTraced(world, chat.id, second);
    expect(queued.status).toBe('queued');
    world.provider.unscript();
    await call.send('Yes.');
    await call.finish();
    const all = await collector.until('the spans of both', (spans) =>
      [first, second].every((traceId) => hasEnded(traceId)(spans)),
    );
    const spans = ofTrace(all, second);
    expect(waysTo(spans, 'RunWorkflow:turn')).toEqual([[post, 'RunWorkflow:turn']]);
    expect(waysTo(spans, 'chat gpt-4.1')).toEqual([
      [post, 'RunWorkflow:turn', 'StartActivity:streamReply', 'RunActivity:streamReply', 'chat gpt-4.1'],
    ]);
    expect(new Set(spans.map((span) => span.attributes['durable_turns.turn_id']))).toEqual(new Set([queued.id]));
    const history = readableHistory(await fetchHistory(world.service, before.id));
    expect(history).not.toContain(marker);
  }, 60_000);

  test('a turn that was accepted with Temporal away belongs to the trace of its request, whichever process starts it', async () => {
    const traceId = '8af7651916cd43dd8448eb211c80319c';
    const chat = await world.service.client.newChat();
    await world.service.kill('temporal', 'SIGSTOP');
    const turn = await postTraced(world, chat.id, traceId).finally(() => world.service.kill('temporal', 'SIGCONT'));
    expect((await world.service.client.awaitTurnEnd(turn.id, 60_000)).status).toBe('completed');
    const spans = ofTrace(await collector.until("the workflow's span", hasEnded(traceId)), traceId);
    expect(waysTo(spans, 'RunWorkflow:turn')).toEqual([[post, 'StartWorkflow:turn', 'RunWorkflow:turn']]);
  }, 120_000);

  test('a stop belongs to the trace of the request that asked for it', async () => {
    const { turn, viewer } = await world.beginReply();
    await world.service.client.cancelTurn(turn.id);
    await expectAgreement(world.service, viewer, turn.id);
    const cancel = 'POST /v1/turns/:turnId/cancel';
    const spans = await collector.until('the span of the signal', (received) =>
      received.some(({ name }) => name === 'HandleSignal:stopReply'),
    );
    expect(waysTo(spans, 'HandleSignal:stopReply')).toContainEqual([
      cancel,
      'SignalWorkflow:stopReply',
      'HandleSignal:stopReply',
    ]);
    viewer.close();
  }, 60_000);

  test('the log lines of a turn have the id of its trace', async () => {
    const traceId = '6af7651916cd43dd8448eb211c80319c';
    const chat = await world.service.client.newChat();
    const turn = await postTraced(world, chat.id, traceId);
    await world.service.client.awaitTurnEnd(turn.id);
    const [line] = await world.logLines('worker', ({ msg, turnId }) => msg === 'a turn ended' && turnId === turn.id);
    expect(line).toMatchObject({ trace_id: traceId, chatId: chat.id, kind: 'narrative', outcome: 'completed' });
  }, 60_000);

  test('no prose is in any exported span, also not in spans of errors', () => {
    const sent = collector.bytes();
    expect(sent.length).toBeGreaterThan(10_000);
    expect(sent.includes('RunActivity:streamReply')).toBe(true);
    for (const word of [marker, 'Mira', world.providerKey, 'And more', 'local'])
      expect([word, sent.includes(word)]).toEqual([word, false]);
  });
});

describe('a collector that takes requests and never answers', () => {
  test('affects no turn and delays no shutdown', async () => {
    const collector = await startOtlpReceiver({ hangs: true });
    const world = await startScriptedService(tracedTo(collector.endpoint));
    try {
      const { viewer, turn, call, begun } = await world.beginReply();
      await collector.until('spans', (spans) => spans.length > 0);
      await call.finish();
      const agreed = await expectAgreement(world.service, viewer, turn.id);
      expect([agreed.turn.status, agreed.text]).toEqual(['completed', begun]);
      viewer.close();
    } finally {
      // Throws when a process is still there after its time.
      await world.dispose();
      await collector.close();
    }
  }, 240_000);
});

describe('without a collector', () => {
  test('no span is sent, whatever other OpenTelemetry settings are made, and turns have no trace', async () => {
    const collector = await startOtlpReceiver();
    const world = await startScriptedService({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.endpoint}/v1/traces` });
    try {
      const chat = await world.service.client.newChat();
      const turn = await postTraced(world, chat.id, '7af7651916cd43dd8448eb211c80319c');
      expect((await world.service.client.awaitTurnEnd(turn.id)).status).toBe('completed');
      expect(readableHistory(await fetchHistory(world.service, turn.id))).not.toContain('tracer');
    } finally {
      await world.dispose();
    }
    expect(collector.requests()).toBe(0);
    await collector.close();
  }, 240_000);
});
