import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { profileOf } from '../../../llm/profiles/profiles.js';
import { probe, reportLines } from '../../../scripts/probe/report.js';
import type { CompletionRequest } from '../../../scripts/provider/chunks.js';
import { asking, tool } from '../../support/provider/agentReply.js';
import { type ScriptedProvider, startScriptedProvider } from '../../support/provider/scriptedProvider.js';
import { ending, type Reply, whole } from '../../support/provider/scriptedReply.js';

let server: ScriptedProvider;
beforeAll(async () => {
  server = await startScriptedProvider();
});
afterAll(() => server.close());
beforeEach(() => server.unscript());

const run = () =>
  probe({
    baseUrl: server.baseUrl,
    model: 'm',
    apiKey: undefined,
    profile: profileOf('auto', server.baseUrl),
    timeoutMs: 20_000,
  });
const no = (message: string): Reply => ({ status: 400, body: { error: { message } } });

/** A model that does all that is tried. */
function capable(body: CompletionRequest & { max_tokens?: number; reasoning_effort?: string }): Reply {
  const last = body.messages.at(-1);
  if (!body.stream) return { content: 'White.' };
  if (last?.role === 'assistant') return whole(' five, ', 'six.');
  if (body.tools && last?.role === 'user')
    return asking([tool('a', 'weather', { city: 'Paris' }), tool('b', 'weather', { city: 'Rome' })]);
  if (body.max_tokens === 16) return { steps: [{ text: 'One, ' }, { text: 'two' }, ...ending('length')] };
  if (body.reasoning_effort) return { steps: [{ thinking: 'Hm.' }, { text: '391.' }, ...ending()] };
  return whole('One, ', 'two, ', 'three.');
}

test('the probe of a server that does everything says so', async () => {
  server.script(({ body }) => capable(body as Parameters<typeof capable>[0]));
  server.classify(() => ({ json: { score: 3 } }));
  const probed = await run();
  expect(probed.findings.filter(({ finding }) => !finding.works)).toEqual([]);
  const lines = reportLines(probed).join('\n');
  expect(lines).toContain('Profile: plain');
  expect(lines).toContain('Everything that was tried works.');
});

test('the probe of a server that refuses much says what it has learnt and what will not work', async () => {
  server.script(({ body }) => {
    if ('stream_options' in body) return no("Unknown parameter: 'stream_options'.");
    if (body.tools) return no('This model does not support tools.');
    if (body.messages.at(-1)?.role === 'assistant') return no('The last message must be a user message.');
    if (Array.isArray(body.messages[0]?.content)) return no('This model has no vision.');
    return body.stream ? whole('One, ', 'two.') : { json: { score: 2 } };
  });
  server.classify(({ body }) =>
    body.response_format?.type === 'json_schema'
      ? no('This response_format type is unavailable now')
      : { json: { score: 2 } },
  );
  const probed = await run();
  const works = Object.fromEntries(probed.findings.map(({ check, finding }) => [check.name, finding.works]));
  expect(works).toMatchObject({ streaming: true, 'structured answers': true, cancel: true });
  expect(works).toMatchObject({ tools: false, continuation: false, images: false, thinking: false });
  expect(probed.learned).toEqual(['without stream_options', 'structured answers as json_object']);
  expect(reportLines(probed).join('\n')).toContain('- tools: Agent chats can not use tools.');
});

test('the probe of an address where nothing answers fails every check and ends', async () => {
  const probed = await probe({
    baseUrl: 'http://127.0.0.1:9/v1',
    model: 'm',
    apiKey: undefined,
    profile: profileOf('auto', server.baseUrl),
    timeoutMs: 5_000,
  });
  expect(probed.findings.filter(({ finding }) => finding.works)).toEqual([]);
});
