import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import OpenAI from 'openai';
import { doneMessage, type SseMessage } from '../../../api/dialects/core/sseOutput.js';
import { createResponseEvents } from '../../../api/dialects/responses/responseEvents.js';
import type { ResponseHead } from '../../../api/dialects/responses/responseObject.js';
import { readResponseRequest } from '../../../api/dialects/responses/responseRequest.js';
import { unpackCursor } from '../../../domain/marks/cursor.js';
import { answering, course, fewerLogs, logs, watching } from '../../support/dialects/logs/course.js';
import type { Course } from '../../support/dialects/logs/spokenTurn.js';
import { type ViewerOptions, view } from '../../support/dialects/logs/viewer.js';

const { fields } = readResponseRequest({ model: 'm', input: 'Hello' });
const head: ResponseHead = { id: 'turn_1', conversation: 'chat_1', createdAt: 1, fields };

/** A message with its number, and how much of the course had happened when it was sent. */
type Sent = { message: SseMessage; number: number; happened: number };
type Options = ViewerOptions & { after?: number | null; singly?: boolean; queued?: boolean };

function responseOf(run: Course, { after = null, singly = false, queued = false, ...how }: Options): Sent[] {
  const cursor = after === null ? null : unpackCursor(after);
  const events = createResponseEvents({ head, queued, cursor, singly, now: () => 2 });
  return view(run, { ...how, cursor, continues: false }).flatMap(({ marks, happened }) =>
    events.encode(marks).map((message) => {
      const { sequence_number: number } = message.data as { sequence_number: number };
      return { message, number, happened };
    }),
  );
}

let answer: readonly SseMessage[] = [];
const client = new OpenAI({ apiKey: 'k', baseURL: 'http://127.0.0.1/v1', fetch: answering(() => answer) });

type Read = { text: string; streamed: string };
type Item = { id?: string; type: string; content?: readonly object[] };

/** `text`: of the final response. `streamed`: the same messages, where the deltas of an item are its text. */
function toRead(output: readonly Item[], deltas: ReadonlyMap<number, string>): Read {
  const texts = output.flatMap(({ type, content }) =>
    type === 'message' ? [(content ?? []).map((part) => ('text' in part ? String(part.text) : '')).join('')] : [],
  );
  const whole = new Set(deltas.values());
  return { text: texts.join(''), streamed: texts.filter((text) => whole.has(text)).join('') };
}

/** What the helper of the stock client makes of a stream, which it checks event by event. */
async function readBack(sent: readonly Sent[]): Promise<Read> {
  answer = [...sent.map(({ message }) => message), doneMessage];
  const deltas = new Map<number, string>();
  const stream = client.responses.stream({ model: 'm', input: 'Hello' });
  stream.on('response.output_text.delta', ({ output_index: index, delta }) => {
    deltas.set(index, (deltas.get(index) ?? '') + delta);
  });
  return toRead((await stream.finalResponse()).output, deltas);
}

/** The same without the helper: it is asked only about some of the cursors. */
function fold(sent: readonly Sent[]): Read {
  const deltas = new Map<number, string>();
  let output: readonly Item[] = [];
  for (const { message } of sent) {
    const event = message.data as { type: string; output_index: number; delta: string; response?: { output: Item[] } };
    const { output_index: index } = event;
    if (event.type === 'response.output_text.delta') deltas.set(index, (deltas.get(index) ?? '') + event.delta);
    if (event.response) output = event.response.output;
  }
  return toRead(output, deltas);
}

const increases = (sent: readonly Sent[]) => sent.every(({ number }, n) => n === 0 || number > sent[n - 1]!.number);
const typeOf = ({ message }: Sent) => (message.data as { type: string }).type;
const itemIds = (sent: readonly Sent[]) =>
  sent.flatMap((each) =>
    typeOf(each) === 'response.output_item.added' ? [(each.message.data as { item: { id: string } }).item.id] : [],
  );
/**
 * The items of the final output. Thinking of a reply without steps is not in the log, and a client that comes late does not
 * get it.
 */
function outputOf({ happenings }: Course, sent: readonly Sent[]): readonly Item[] {
  const { output } = (sent.at(-1)!.message.data as { response: { output: Item[] } }).response;
  const hasSteps = happenings.some(({ type }) => type === 'step');
  return hasSteps ? output : output.filter(({ type }) => type !== 'reasoning');
}

/** A later moment of the course. */
const after = (run: Course, happened: number, delay: number) =>
  happened + (delay % (run.happenings.length - happened + 1));

test('the stock client of the Responses API accepts the stream of every random log, and ends with its text', async () => {
  await fc.assert(
    fc.asyncProperty(course, watching, fc.boolean(), async (run, how, queued) => {
      const sent = responseOf(run, { ...how, queued });
      const text = run.texts.join('');
      expect(await readBack(sent)).toEqual({ text, streamed: text });
      expect(increases(sent)).toBe(true);
      expect(itemIds(sent)).toEqual([...new Set(itemIds(sent))]);
    }),
    { numRuns: logs },
  );
}, 300_000);

test('a response of a random log continues after each of its events, also twice, with the items of a client that stayed', async () => {
  await fc.assert(
    fc.asyncProperty(course, watching, watching, fc.nat(), async (run, how, later, delay) => {
      const sent = responseOf(run, how);
      const text = run.texts.join('');
      const checked = delay % sent.length;
      const output = outputOf(run, sent);
      for (const [n, { number, happened }] of sent.entries()) {
        const joins = after(run, happened, delay + n);
        const all = [...sent.slice(0, n + 1), ...responseOf(run, { ...later, joins, after: number })];
        expect(increases(all)).toBe(true);
        const read = fold(all);
        expect(read).toEqual({ text, streamed: text });
        expect(outputOf(run, all)).toEqual(output);
        expect(itemIds(all)).toEqual([...new Set(itemIds(all))]);
        expect(itemIds(all)).toEqual(expect.arrayContaining(output.map(({ id }) => id)));
        if (n !== checked) continue;
        expect(await readBack(all)).toEqual(read);
        // It leaves once more.
        const left = n + ((delay * 7) % (all.length - n));
        const { number: newest, happened: seen } = all[left]!;
        const rest = responseOf(run, { ...how, joins: after(run, seen, delay), after: newest });
        const again = [...all.slice(0, left + 1), ...rest];
        expect(increases(again)).toBe(true);
        expect(outputOf(run, again)).toEqual(output);
      }
    }),
    { numRuns: fewerLogs },
  );
}, 600_000);

test('a client that comes late reads a random log from its beginning, one character an event', async () => {
  await fc.assert(
    fc.asyncProperty(course, watching, fc.nat(), async (run, how, delay) => {
      const sent = responseOf(run, { ...how, joins: after(run, 0, delay), singly: true });
      const text = run.texts.join('');
      expect(await readBack(sent)).toEqual({ text, streamed: text });
      expect(increases(sent)).toBe(true);
      expect(outputOf(run, sent)).toEqual(outputOf(run, responseOf(run, how)));
    }),
    { numRuns: fewerLogs },
  );
}, 300_000);
