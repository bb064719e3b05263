import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Chat } from '../../../client/src/index.js';
import { count, type NarrativeWorld, type Played, startNarrativeWorld } from '../../support/chats/narrativeWorld.js';
import { type Reply, type Step, whole } from '../../support/provider/scriptedReply.js';

let world: NarrativeWorld;
beforeAll(async () => {
  world = await startNarrativeWorld({
    PROVIDER_CONTINUATION: 'openrouter',
    REPLY_SILENCE_MS: '4000',
    STUCK_RETRY_INITIAL_MS: '100',
  });
}, 180_000);
afterAll(() => world?.dispose(), 60_000);
afterEach(() => world.provider.unscript());

const D = (delta: object, finish_reason: string | null = null): Step => ({
  frame: {
    id: 'c',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta, finish_reason }],
  },
});
const say = (content: unknown): Step => D({ content });
const F = (reason: string): Step => D({}, reason);
const END: Step[] = [{ done: true }, { end: true }];
const call = (index: number, id: string, name: string, sent: unknown) => ({
  index,
  id,
  type: 'function',
  function: { name, arguments: sent },
});
const CALL = (...given: Parameters<typeof call>): Step => D({ tool_calls: [call(...given)] });
const sum = '{"expression":"1+1"}';

async function newAgent(more: object = {}) {
  const { send } = world.service().client;
  const enabledTools = ['calculate', 'current_time', 'search_messages'];
  return (await send<Chat>('POST', '/v1/chats', { kind: 'agent', enabledTools, ...more })).body;
}
const newChat = async () => (await world.newChat({ guest: null, container: null })).chat;
const repliesOf = ({ calls }: Played) => calls.filter(({ step }) => step.startsWith('reply:'));
const beatOf = ({ events }: Played) => {
  const [landed] = events.flatMap((event) => (event.kind === 'assistant_turn' ? [event.data] : []));
  return landed;
};

/** Plays a turn of an agent, the rest of whose requests get a plain answer. */
async function playAgent(...replies: [Reply, ...Reply[]]): Promise<Played> {
  const chat = await newAgent();
  world.provider.script(replies[0], ...replies.slice(1));
  return world.play(chat.id);
}

describe('an agent', () => {
  test.each<[string, Step[]]>([
    ['under one index', [CALL(0, 'a', 'calculate', sum), CALL(0, 'b', 'current_time', '{}')]],
    ['in one frame', [D({ tool_calls: [call(0, 'a', 'calculate', sum), call(0, 'b', 'current_time', '{}')] })]],
  ])(
    'gets the results of two calls that its server sends %s',
    async (_, calls) => {
      const played = await playAgent({ steps: [...calls, F('tool_calls'), ...END] }, whole('Done.'));
      const steps = beatOf(played)?.steps ?? [];
      expect(steps.filter(({ type }) => type === 'tool_call').map(({ name }) => name)).toEqual([
        'calculate',
        'current_time',
      ]);
      const results = repliesOf(played)[1]?.call.body.messages.filter(({ role }) => role === 'tool') ?? [];
      expect(results.map(({ content }) => content)).toEqual(['2', expect.stringMatching(/\d{4}/)]);
      expect(played.turn.status).toBe('completed');
    },
    60_000,
  );

  test('gets the result of a call whose arguments are an object', async () => {
    const steps = [CALL(0, 'a', 'calculate', { expression: '2*3' }), F('tool_calls'), ...END];
    const played = await playAgent({ steps }, whole('Done.'));
    expect(beatOf(played)?.steps?.filter(({ type }) => type === 'tool_result')).toMatchObject([{ content: '6' }]);
    expect(repliesOf(played)).toHaveLength(2);
  }, 60_000);

  test('gets the result of a call in an answer that is no stream', async () => {
    const message = { role: 'assistant', content: null, tool_calls: [call(0, 'a', 'calculate', sum)] };
    const body = {
      object: 'chat.completion',
      model: 'm',
      choices: [{ index: 0, message, finish_reason: 'tool_calls' }],
    };
    const headers = { 'content-type': 'application/json' };
    const played = await playAgent({ status: 200, headers, body }, whole('Two.'));
    expect(played.turn).toMatchObject({ status: 'completed', beats: [{ text: 'Two.' }] });
    expect(repliesOf(played)).toHaveLength(2);
  }, 60_000);

  test('makes no call of a reply that was cut in the middle of one', async () => {
    const calls = [CALL(0, 'a', 'search_messages', '{"query":"a"}'), CALL(1, 'b', 'calculate', '{"expression":"1+')];
    const played = await playAgent({ steps: [...calls, F('MAX_TOKENS'), ...END] });
    expect(count(played.events, 'tool_call_start')).toBe(0);
    expect(repliesOf(played)).toHaveLength(1);
  }, 60_000);

  test('thinks in parts of the content', async () => {
    const thinking = say([{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] }]);
    const played = await playAgent({ steps: [thinking, say([{ type: 'text', text: 'Seven.' }]), F('stop'), ...END] });
    expect(beatOf(played)).toMatchObject({
      text: 'Seven.',
      steps: [
        { type: 'thinking', content: 'Hm.' },
        { type: 'text', content: 'Seven.' },
      ],
    });
    expect(repliesOf(played)).toHaveLength(1);
  }, 60_000);
});

describe('a reply', () => {
  test.each([
    ['MAX_TOKENS', 'length'],
    ['SAFETY', 'content_filter'],
    ['RECITATION', 'content_filter'],
  ])(
    'that ends with %s is truncated with the code %s, and has no interjection',
    async (word, code) => {
      const { chat } = await world.newChat({ container: null });
      world.provider.classify(({ name }) =>
        name === 'interjection' ? { json: { shouldInterject: true, reason: '' } } : undefined,
      );
      world.provider.script(() => ({ steps: [say('The door opens and you'), F(word), ...END] }));
      const played = await world.play(chat.id, 'Mira, open it.');
      expect(beatOf(played)).toMatchObject({ truncated: true, error: { code } });
      expect(count(played.events, 'assistant_turn')).toBe(1);
      expect(repliesOf(played)).toHaveLength(1);
    },
    60_000,
  );

  const every = Array.from({ length: 23 }, (_, n) => D({ content: `w${n} ` }, 'stop'));
  const text = Array.from({ length: 23 }, (_, n) => `w${n} `).join('');

  test('is whole where its server sends a finish reason with each chunk, and pauses', async () => {
    const chat = await newChat();
    world.provider.script({ steps: [...every.slice(0, 3), { waitMs: 3_500 }, ...every.slice(3), ...END] });
    const played = await world.play(chat.id);
    expect(played.turn).toMatchObject({ status: 'completed', beats: [{ text, truncated: false }] });
    expect(repliesOf(played)).toHaveLength(1);
  }, 60_000);

  test('that breaks off is not taken as whole because each chunk had a finish reason', async () => {
    const chat = await newChat();
    const broken: Reply = { steps: [...every.slice(0, 3), { waitMs: 100 }, { close: true }] };
    world.provider.script(broken, { steps: [...every.slice(3), ...END] });
    const played = await world.play(chat.id);
    expect(played.turn).toMatchObject({ status: 'completed', beats: [{ text }] });
    expect(repliesOf(played)).toHaveLength(2);
  }, 60_000);

  test('may be waited for longer than the limit of silence while comments arrive', async () => {
    const chat = await newChat();
    const comments = Array.from({ length: 9 }, (): Step[] => [{ bytes: ': keep-alive\n\n' }, { waitMs: 1_000 }]);
    world.provider.script({ steps: [...comments.flat(), ...whole('Here.').steps] });
    const played = await world.play(chat.id);
    expect(played.turn).toMatchObject({ status: 'completed', beats: [{ text: 'Here.' }] });
    expect(repliesOf(played)).toHaveLength(1);
  }, 60_000);

  test('that ends in order without a finish reason is taken the second time', async () => {
    const chat = await newChat();
    world.provider.script(() => ({ steps: [say('Seven.'), ...END] }));
    const played = await world.play(chat.id);
    expect(played.turn).toMatchObject({ status: 'completed', beats: [{ text: 'Seven.', truncated: false }] });
    expect(repliesOf(played)).toHaveLength(2);
  }, 60_000);

  test('is asked for once from a server of web pages, and its error names the setting', async () => {
    const chat = await newChat();
    world.provider.script(() => ({ status: 200, body: '<!doctype html><h1>Welcome</h1>' }));
    const played = await world.play(chat.id);
    const message = expect.stringContaining('OPENAI_BASE_URL');
    expect(played.turn).toMatchObject({ status: 'failed', error: { code: 'provider_not_an_api', message } });
    expect(repliesOf(played)).toHaveLength(1);
  }, 60_000);

  test('may come whole, as JSON of either type', async () => {
    const message = { role: 'assistant', content: 'Seven.' };
    const body = { object: 'chat.completion', model: 'm', choices: [{ index: 0, message, finish_reason: 'stop' }] };
    const answers: Reply[] = [
      { status: 200, headers: { 'content-type': 'application/json' }, body },
      { steps: [{ bytes: JSON.stringify(body) }, { end: true }] },
    ];
    for (const answer of answers) {
      const chat = await newChat();
      world.provider.script(answer);
      const played = await world.play(chat.id);
      expect(played.turn).toMatchObject({ status: 'completed', beats: [{ text: 'Seven.' }] });
      expect(repliesOf(played)).toHaveLength(1);
    }
  }, 60_000);

  test('starts over, with one restart, where its server refuses to continue the text', async () => {
    const chat = await newChat();
    const viewer = world.watch(chat.id);
    const tokens = Array.from({ length: 10 }, (_, n): Step[] => [{ waitMs: 60 }, say(`t${n} `)]).flat();
    let asked = 0;
    world.provider.script(({ body }): Reply => {
      if (body.messages.at(-1)?.role === 'assistant')
        return { status: 400, body: { error: { message: 'no prefill' } } };
      asked += 1;
      return asked === 1 ? { steps: [...tokens, { waitMs: 600 }, { reset: true }] } : whole('Whole.');
    });
    const played = await world.play(chat.id);
    expect(played.turn).toMatchObject({ status: 'completed', beats: [{ text: 'Whole.', truncated: false }] });
    expect(repliesOf(played)).toHaveLength(3);
    await viewer.untilEnd(played.turn.id);
    expect(viewer.frames.filter(({ type }) => type === 'restart')).toHaveLength(1);
    expect([viewer.text(played.turn.id), viewer.violations]).toEqual(['Whole.', []]);
  }, 60_000);

  test('does not have the thinking that its model wrote before it, nor do memories and prompts', async () => {
    const chat = await newChat();
    const steps = [say('<thi'), say('nk>she lies</th'), say('ink>Good evening.'), F('stop'), ...END];
    world.provider.script({ steps });
    const viewer = world.watch(chat.id);
    const played = await world.play(chat.id);
    expect(beatOf(played)?.text).toBe('Good evening.');
    await viewer.untilEnd(played.turn.id);
    const thinking = viewer.frames.flatMap((frame) =>
      frame.type === 'token' && frame.channel === 'thinking' ? [frame.text] : [],
    );
    expect(thinking.join('')).toBe('she lies');
    const next = await world.play(chat.id);
    expect(JSON.stringify([next.calls.map((each) => each.call.body), played.events, next.events])).not.toMatch(
      /she lies|think>/,
    );
  }, 60_000);
});

describe('a reply whose block of thinking begins in the prompt', () => {
  test('is written again with its thinking apart, from the same request', async () => {
    const chat = await newChat();
    const steps = [say('she '), say('lies</th'), say('ink>\n\nGood evening.'), F('stop'), ...END];
    world.provider.script({ steps });
    const viewer = world.watch(chat.id);
    const played = await world.play(chat.id);
    expect(played.turn).toMatchObject({ status: 'completed', beats: [{ text: 'Good evening.', truncated: false }] });
    expect(repliesOf(played)).toHaveLength(1);
    await viewer.untilEnd(played.turn.id);
    const restarts = viewer.frames.filter(({ type }) => type === 'restart');
    expect(restarts).toMatchObject([{ epoch: 2, reason: 'thinking_separated' }]);
    expect([viewer.text(played.turn.id), viewer.violations]).toEqual(['Good evening.', []]);
    const next = await world.play(chat.id);
    expect(JSON.stringify(next.calls.map((each) => each.call.body))).not.toMatch(/she lies|think>/);
  }, 60_000);

  test('has its thinking in a step of its own where an agent wrote it', async () => {
    const steps = [say('I add.'), say('</think>'), CALL(0, 'a', 'calculate', sum), F('tool_calls'), ...END];
    const played = await playAgent({ steps }, { steps: [say('Hm.</think>Two.'), F('stop'), ...END] });
    const written = beatOf(played)?.steps?.map(({ type, content }) => [type, content]);
    expect(written).toMatchObject([
      ['thinking', 'I add.'],
      ['tool_call'],
      ['tool_result', '2'],
      ['thinking', 'Hm.'],
      ['text', 'Two.'],
    ]);
    expect(played.turn).toMatchObject({ status: 'completed', beats: [{ text: 'Two.' }] });
  }, 60_000);
});

describe('a classifier', () => {
  test.each<[string, Reply]>([
    ['in a fence', { content: '```json\n{"score":2}\n```' }],
    ['in a fence with a sentence around it', { content: 'Here it is:\n```json\n{"score":2}\n```\nDone.' }],
    ['behind the end of its thinking', { content: 'Hmm.\n</think>\n\n{"score":2}' }],
    ['behind its thinking', { content: '<think>Hmm.</think>\n\n{"score":2}' }],
    [
      'in a part of the content',
      {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: {
          choices: [
            {
              message: {
                content: [
                  { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] },
                  { type: 'text', text: '{"score":2}' },
                ],
              },
              finish_reason: 'stop',
            },
          ],
        },
      },
    ],
  ])(
    'may give its answer %s',
    async (_, reply) => {
      const chat = await newChat();
      world.provider.classify(({ name }) => (name === 'significance' ? reply : undefined));
      const played = await world.play(chat.id, 'Hello.');
      expect(played.events).toContainEqual(
        expect.objectContaining({ kind: 'memory_scored', data: expect.objectContaining({ significance: 2 }) }),
      );
      expect(played.turn.steps.find(({ name }) => name === 'significance:0')).toMatchObject({ attempts: 1 });
    },
    60_000,
  );
});
