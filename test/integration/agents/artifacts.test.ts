import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readProjections, rebuildProjections } from '../../../db/timeline/rebuild/rebuild.js';
import { newAgentChat, type PlanNode } from '../../support/chats/agentChats.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';
import { createServiceClient } from '../../support/viewers/serviceClient.js';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ env: { API_KEYS: 'k1:ada,k2:bob' } });
});
afterAll(() => api.close());

const ada = () => createServiceClient(api.url, { key: 'k1' });

const empty = {
  name: null,
  recordType: null,
  modelId: null,
  messageCount: 0,
  plan: null,
  steps: [],
  stepCount: 0,
  rootStepId: null,
  strategyId: null,
  isSaved: false,
  lastEventSeq: 0,
};

const steps = [
  { id: 'a', searchName: 'GenesByTaxon', parameters: { organism: ['x'] }, displayName: 'Taxon' },
  { id: 'b', searchName: 'GenesByText' },
  {
    id: 'c',
    kind: 'combine',
    operator: 'INTERSECT',
    primaryInputStepId: 'a',
    secondaryInputStepId: 'b',
    colocationParams: { upstream: 500 },
  },
];
const snapshot = (more: object = {}) => ({ graphSnapshot: { rootStepId: 'c', steps, ...more } });

describe('an artifact', () => {
  it.each([
    ['citations', { citations: [{ title: 'A paper', url: 'https://example.org' }] }],
    ['planning_artifact', { planningArtifact: { title: 'The way there', steps: ['one', 'two'] } }],
    ['reasoning', { reasoning: 'Since both are genes.' }],
    ['model_selected', { modelId: 'small' }],
    ['strategy_meta', { name: 'N' }],
    ['strategy_link', { strategyId: 2 ** 40, isSaved: true }],
    ['graph_snapshot', snapshot({ name: 'S', recordType: 'gene' })],
    ['graph_plan', { plan: { recordType: 'gene', root: { id: 'a' } } }],
    ['graph_cleared', {}],
  ] as const)('%s is appended to the log and returned', async (kind, data) => {
    const chat = await newAgentChat(ada());
    const { status, body } = await chat.post(kind, data);
    expect(status).toBe(201);
    expect(body).toEqual({
      seq: 2,
      kind,
      turnId: null,
      at: expect.stringMatching(/Z$/),
      data,
      supersededBy: null,
      hiddenBy: null,
    });
    expect((await chat.log()).at(-1)).toEqual(body);
  });

  it.each<[string, unknown, string]>([
    ['user_turn', { text: 'Hi', segments: [] }, 'kind'],
    ['strategy_unlinked', { strategyId: 1 }, 'kind'],
    ['chat_rewound', { toSeq: 1 }, 'kind'],
    ['no such kind', {}, 'kind'],
    ['citations', {}, 'data.citations'],
    ['citations', undefined, 'data'],
    ['strategy_link', { strategyId: '1', isSaved: true }, 'data.strategyId'],
    ['strategy_meta', { title: 'A' }, 'data.title'],
    ['graph_snapshot', snapshot({ steps: [{ id: 'a', inputs: [] }] }), 'data.graphSnapshot.steps.0.inputs'],
    ['planning_artifact', { planningArtifact: { a: ['\0'] } }, 'data.planningArtifact'],
    ['reasoning', { reasoning: 'a\ud800' }, 'data.reasoning'],
  ])('%s with %j is refused, and nothing is appended', async (kind, data, where) => {
    const chat = await newAgentChat(ada());
    const { status, body } = await chat.post(kind, data);
    expect([status, body.code]).toEqual([400, 'invalid_body']);
    expect(body.detail).toContain(where);
    expect(await chat.log()).toHaveLength(1);
  });

  it('is refused when it is nested too deeply', async () => {
    const chat = await newAgentChat(ada());
    const response = await fetch(`${api.url}${chat.path}/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer k1' },
      body: `{"kind":"graph_plan","data":{"plan":{"a":${'['.repeat(400_000)}${']'.repeat(400_000)}}}}`,
    });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([400, 'invalid_body']);
  });

  it('is appended only to a chat of its owner', async () => {
    const chat = await newAgentChat(ada());
    const bob = createServiceClient(api.url, { key: 'k2' });
    for (const path of [chat.path, '/v1/chats/chat_x']) {
      const posted = await bob.send('POST', `${path}/events`, { kind: 'graph_cleared', data: {} });
      const read = await bob.send('GET', `${path}/projection`);
      for (const answer of [posted, read])
        expect(answer).toMatchObject({ status: 404, body: { code: 'chat_not_found' } });
    }
    expect(await chat.log()).toHaveLength(1);
  });

  it('is accepted while a turn runs, and does not change the turn', async () => {
    const chat = await newAgentChat(ada());
    const turn = await ada().postTurn(chat.id, 'Find genes.');
    expect((await chat.append('model_selected', { modelId: 'small' })).turnId).toBeNull();
    expect(await ada().getChat(chat.id)).toMatchObject({ activeTurnId: turn.id });
  });
});

describe('the projection of a chat over the api', () => {
  it('is empty at first, except for the number of messages', async () => {
    const chat = await newAgentChat(ada());
    expect(await chat.projection()).toEqual(empty);
    await ada().postTurn(chat.id, 'Find genes.');
    expect(await chat.projection()).toEqual({ ...empty, messageCount: 1, lastEventSeq: 2 });
  });

  it('changes with each artifact', async () => {
    const chat = await newAgentChat(ada());
    await chat.append('model_selected', { modelId: 'small' });
    await chat.append('strategy_link', { strategyId: 71, isSaved: true });
    await chat.append('graph_snapshot', snapshot({ name: 'S', recordType: 'gene' }));
    const { seq } = await chat.append('strategy_meta', { name: 'N' });
    expect(await chat.projection()).toEqual({
      ...empty,
      name: 'N',
      recordType: 'gene',
      modelId: 'small',
      steps,
      stepCount: 3,
      rootStepId: 'c',
      strategyId: 71,
      isSaved: true,
      lastEventSeq: seq,
      plan: {
        recordType: 'gene',
        metadata: { name: 'N' },
        root: {
          id: 'c',
          searchName: '__combine__',
          operator: 'INTERSECT',
          parameters: {},
          colocationParams: { upstream: 500 },
          primaryInput: {
            id: 'a',
            searchName: 'GenesByTaxon',
            parameters: { organism: ['x'] },
            displayName: 'Taxon',
          },
          secondaryInput: { id: 'b', searchName: 'GenesByText', parameters: {} },
        },
      },
    });
    const plan = { recordType: 'gene', root: { id: 'z', searchName: 'Z', parameters: {} }, metadata: { name: 'P' } };
    await chat.append('graph_plan', { plan, name: 'P' });
    expect(await chat.projection()).toMatchObject({ plan, name: 'P', steps, rootStepId: 'c' });
    const cleared = await chat.append('graph_cleared', {});
    expect(await chat.projection()).toEqual({ ...empty, modelId: 'small', lastEventSeq: cleared.seq });
  });

  it.each([
    [
      'a cycle',
      [
        { id: 'c', primaryInputStepId: 'd' },
        { id: 'd', primaryInputStepId: 'c' },
      ],
      'c',
    ],
    ['a step that is its own input', [{ id: 'c', primaryInputStepId: 'c' }], 'c'],
    ['a root that is no step', steps, 'z'],
    ['no root', steps, null],
    ['no root at all', steps, undefined],
    ['no steps', [], null],
  ])('has the steps but no plan for a snapshot with %s', async (_, given, rootStepId) => {
    const chat = await newAgentChat(ada());
    await chat.append('graph_snapshot', snapshot());
    await chat.append('graph_snapshot', { graphSnapshot: { rootStepId, steps: given } });
    const { plan, stepCount, rootStepId: root } = await chat.projection();
    expect({ plan, stepCount, root }).toEqual({ plan: null, stepCount: given.length, root: rootStepId ?? null });
  });

  it('has a plan of thousands of steps, in a chain or as inputs of one step', async () => {
    const chat = await newAgentChat(ada());
    const chain = Array.from({ length: 8_000 }, (_, i) => ({
      id: `${i}`,
      searchName: 'S',
      ...(i === 0 ? {} : { primaryInputStepId: `${i - 1}` }),
      ...(i % 2 === 0 ? {} : { secondaryInputStepId: '0' }),
    }));
    await chat.append('graph_snapshot', { graphSnapshot: { rootStepId: '7999', steps: chain } });
    const { plan, stepCount } = await chat.projection();
    expect(stepCount).toBe(8_000);
    let length = 0;
    for (let node: PlanNode | undefined = plan?.root; node; node = node.primaryInput) length++;
    expect(length).toBe(8_000);
    await expectFolded(chat.id);
  });

  it('refuses a snapshot with too many steps, or larger than the limit of a body', async () => {
    const chat = await newAgentChat(ada());
    const many = Array.from({ length: 10_001 }, (_, i) => ({ id: `${i}` }));
    expect(await chat.post('graph_snapshot', snapshot({ steps: many }))).toMatchObject({
      status: 400,
      body: { code: 'invalid_body' },
    });
    expect(await chat.post('reasoning', { reasoning: 'x'.repeat(1024 * 1024) })).toMatchObject({
      status: 413,
      body: { code: 'body_too_large' },
    });
    expect(await chat.projection()).toEqual(empty);
  });

  it('equals the fold of the log, also after rewinds', async () => {
    const chat = await newAgentChat(ada());
    await ada().postTurn(chat.id, 'Find genes.');
    await ada().cancelChat(chat.id);
    const { pool } = api.database;
    await pool.query("update turns set status = 'cancelled' where chat_id = $1", [chat.id]);
    await pool.query('update chats set active_turn_id = null where id = $1', [chat.id]);
    const first = await chat.append('graph_snapshot', snapshot({ name: 'S' }));
    const then = await chat.projection();
    await chat.append('graph_cleared', {});
    await chat.append('strategy_link', { strategyId: 72, isSaved: false });
    const later = await chat.projection();
    await expectFolded(chat.id);

    expect((await chat.rewind(first.seq)).status).toBe(200);
    expect(await chat.projection()).toEqual(then);
    await expectFolded(chat.id);
    expect((await chat.undo()).body.restored).toBe(2);
    expect(await chat.projection()).toEqual(later);
    await expectFolded(chat.id);
    expect((await (await chat.fork(first.seq)).projection()).plan).toEqual(then.plan);
  });
});

async function expectFolded(chatId: string): Promise<void> {
  const { pool } = api.database;
  const before = await readProjections(pool, chatId);
  await rebuildProjections(pool, chatId);
  expect(await readProjections(pool, chatId)).toEqual(before);
}
