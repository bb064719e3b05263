import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import OpenAI from 'openai';
import { createChunks, toCompletion } from '../../../api/dialects/chatCompletions/chunks.js';
import { doneMessage, type SseMessage } from '../../../api/dialects/core/sseOutput.js';
import { answering, course, fewerLogs, logs, watching } from '../../support/dialects/logs/course.js';
import type { Course } from '../../support/dialects/logs/spokenTurn.js';
import { marksOf, type ViewerOptions, view } from '../../support/dialects/logs/viewer.js';

const completion = { id: 'turn_1', created: 1, model: 'm', includeUsage: true };
let answer: readonly SseMessage[] = [];
const client = new OpenAI({ apiKey: 'k', baseURL: 'http://127.0.0.1/v1', fetch: answering(() => answer) });
const RESTARTED = '\n\n[restarted]\n\n';

/** What the helper of the stock client makes of a stream: the text, or the code of the error. */
async function readBack(messages: readonly SseMessage[]): Promise<string | { error: string }> {
  answer = [...messages, doneMessage];
  const stream = client.chat.completions.stream({ model: 'm', messages: [{ role: 'user', content: 'Hello' }] });
  return stream.finalChatCompletion().then(
    ({ choices }) => choices[0]?.message.content ?? '',
    (error: InstanceType<typeof OpenAI.APIError>) => ({ error: String(error.code ?? error.message) }),
  );
}

/** The texts that a reader may have in mind who reads the marks of restarts: each takes back an end of what came before. */
function readings(content: string): Set<string> {
  const [first = '', ...rest] = content.split(RESTARTED);
  let found = new Set([first]);
  for (const part of rest) {
    found = new Set(
      [...found].flatMap((text) => [...Array(text.length + 1).keys()].map((n) => text.slice(0, n) + part)),
    );
    for (const text of [...found]) found.add(text);
  }
  return found;
}

async function expectText(run: Course, how: ViewerOptions): Promise<void> {
  const marks = marksOf(view(run, how));
  const read = await readBack(createChunks(completion)(marks));
  const whole = toCompletion(completion, marks);
  if (run.end.status === 'failed') {
    expect(read).toEqual({ error: run.end.error?.code });
    expect(whole.error).toMatchObject({ code: run.end.error?.code });
    return;
  }
  const text = run.texts.filter((each) => each !== '').join('\n\n');
  expect(whole.completion?.choices[0]?.message.content).toBe(text);
  // Text that was sent can't be taken back: where less is kept, the rest of it stays.
  const isShown = [...readings(String(read))].some((shown) => shown.startsWith(text));
  expect(isShown ? text : read).toBe(text);
  const loses = marks.some(({ type }) => type === 'voided');
  if (!loses) expect(read).toBe(text);
}

test('the stock client of Chat Completions accepts the stream of every random log, and has its text', async () => {
  await fc.assert(fc.asyncProperty(course, watching, expectText), { numRuns: logs });
}, 300_000);

test('the stock client of Chat Completions has the text of a random log that it begins to read at any time', async () => {
  await fc.assert(
    fc.asyncProperty(course, watching, fc.nat(), (run, how, delay) =>
      expectText(run, { ...how, joins: delay % (run.happenings.length + 1) }),
    ),
    { numRuns: fewerLogs },
  );
}, 300_000);
