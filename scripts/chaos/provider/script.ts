import { setTimeout as delay } from 'node:timers/promises';
import { block } from '../../../test/support/chats/documents.js';
import { asking, tool } from '../../../test/support/provider/agentReply.js';
import { answerOf } from '../../../test/support/provider/narrativeAnswers.js';
import type { ScriptedProvider } from '../../../test/support/provider/scriptedProvider.js';
import { paced } from '../../../test/support/provider/scriptedReply.js';
import type { KeptResponse, ScriptedResponses } from '../../../test/support/provider/scriptedResponses.js';
import { chunk, done, frame, type ScriptedUpstream } from '../../../test/support/provider/scriptedUpstream.js';
import { createPicker } from '../../provider/picker.js';
import { documentBody, toolName } from '../traffic/kinds.js';

/** The length of replies in words, and the time between two words in milliseconds. */
export type Pace = { words: number; everyMs: number };

let requests = 0;

/** Words that name their request and their position in it, so that a text of two replies is detected. */
const wordsOf = ({ words }: Pace): string[] => {
  const n = requests++;
  return Array.from({ length: words }, (_, word) => `${n}:${word} `);
};

const isDocument = (messages: unknown) => JSON.stringify(messages).includes('<change><original>');
const edit = () => block(documentBody, `${documentBody} Again.`);

/** The number in the request's id: the iteration of an agent or the beat of a character. */
const numberOf = (requestId: string | undefined) => Number(/\/reply:(\d+)/.exec(requestId ?? '')?.[1] ?? 0);
const turnOf = (requestId: string | undefined) => requestId?.split('/')[0] ?? '';

/** An agent first calls two tools, then answers. The word distinguishes the effects of calls. */
const toolsOf = (turnId: string) => [
  tool(`call-${turnId}-1`, toolName, { word: turnId }),
  tool(`call-${turnId}-2`, 'calculate', { expression: '6 * 7' }),
];

/** Scripts Chat Completions: replies at this pace, and classifiers that answer by a hash of their request. */
export function scriptCompletions(provider: ScriptedProvider, pace: Pace): void {
  provider.script(({ requestId, body }) => {
    provider.requests.length = 0;
    const { steps } = paced([...wordsOf(pace), ...(isDocument(body.messages) ? [edit()] : [])], {
      firstMs: pace.everyMs,
      everyMs: pace.everyMs,
    });
    if (!body.tools?.length || numberOf(requestId) > 0) return { steps };
    return asking(toolsOf(turnOf(requestId)), steps.slice(0, 20));
  });
  provider.classify(({ name, requestId }) => {
    const pick = createPicker(requestId?.split('/').slice(0, 2).join('/') ?? name);
    const json = answerOf(name, pick, 'none');
    return json && name !== 'event_lifecycle' ? { json, afterMs: pick([0, 50, 150]) } : undefined;
  });
}

/** Scripts the Responses API: responses at this pace, with or without a listener, deleted some time after their end. */
export function scriptResponses(provider: ScriptedResponses, pace: Pace): void {
  provider.onCreated((response) => void make(provider, response, pace));
}

const keptForMs = 120_000;

async function make(provider: ScriptedResponses, response: KeptResponse, pace: Pace): Promise<void> {
  const asksForTools = Boolean(response.body.tools?.length) && numberOf(response.requestId) === 0;
  const words = wordsOf(pace).slice(0, asksForTools ? 10 : undefined);
  for (const word of [...words, ...(isDocument(response.body.input) ? [edit()] : [])]) {
    await delay(pace.everyMs);
    response.say(word);
  }
  const calls = asksForTools ? toolsOf(turnOf(response.requestId)) : [];
  response.complete(
    calls.map(({ id, name, arguments: sent }) => ({ call_id: id, name, arguments: JSON.stringify(sent) })),
  );
  setTimeout(() => {
    provider.forget(response.id);
    const place = provider.responses.indexOf(response);
    if (place >= 0) provider.responses.splice(place, 1);
  }, keptForMs).unref();
}

/** Scripts a relay upstream: a reply at this pace, its metadata and its end. */
export function scriptUpstream(upstream: ScriptedUpstream, pace: Pace): void {
  upstream.script(async (response) => {
    upstream.calls.length = 0;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const word of wordsOf(pace)) {
      await delay(pace.everyMs);
      if (response.destroyed) return;
      response.write(chunk(word));
    }
    response.write(frame({ type: 'meta', used_tools: ['sql'], rows_seen: 1, classifier_tag: 'data' }));
    response.end(done());
  });
}
