import { describe, expect, test } from '@jest/globals';
import * as ai5 from 'ai5';
import * as ai6 from 'ai6';
import * as ai7 from 'ai7';
import fc from 'fast-check';
import { type AiSdkVersion, createUiChunks, type UiChunkOptions } from '../../../api/dialects/aiSdk/uiChunks.js';
import { doneMessage, type SseMessage } from '../../../api/dialects/core/sseOutput.js';
import { answering, course, fewerLogs, logs, watching } from '../../support/dialects/logs/course.js';
import type { Course } from '../../support/dialects/logs/spokenTurn.js';
import { marksOf, type ViewerOptions, view } from '../../support/dialects/logs/viewer.js';
import { decided, nextWait } from '../../support/dialects/logs/waits.js';
import type { ShownMessage } from '../../support/dialects/stockChat.js';

type Chunks = ReadableStream<{ type: string }>;
type Sdk = {
  DefaultChatTransport: new (options: object) => { sendMessages(options: object): Promise<Chunks> };
  readUIMessageStream(options: object): AsyncIterable<ShownMessage>;
};
const sdks = { 5: ai5, 6: ai6, 7: ai7 } as unknown as Record<AiSdkVersion, Sdk>;

type Options = ViewerOptions & Omit<UiChunkOptions, 'version' | 'messageId'>;

/** The chunks of a page that comes to the turn. */
function chunksOf(run: Course, version: AiSdkVersion, { has, ...how }: Options): SseMessage[] {
  return createUiChunks({ version, messageId: 'turn_1', ...(has ? { has } : {}) })(marksOf(view(run, how)));
}

/** What the stock page makes of the bytes of a stream, and the errors that it shows. */
async function readBack(version: AiSdkVersion, messages: readonly SseMessage[], message?: ShownMessage) {
  const { DefaultChatTransport, readUIMessageStream } = sdks[version];
  const transport = new DefaultChatTransport({
    api: 'http://127.0.0.1/chat',
    fetch: answering(() => [...messages, doneMessage]),
  });
  const stream = await transport.sendMessages({ trigger: 'submit-message', chatId: 'chat_1', messages: [] });
  const errors: string[] = [];
  let last: ShownMessage = message ?? { id: '', role: 'assistant', parts: [] };
  const onError = (error: Error) => errors.push(error.message);
  const initial = message ? { message: structuredClone(message) } : {};
  for await (const shown of readUIMessageStream({ ...initial, stream, onError })) last = shown;
  return { message: last, errors };
}

const textsOf = ({ parts }: ShownMessage) => parts.flatMap(({ type, text }) => (type === 'text' ? [text ?? ''] : []));

/** The texts that are left when a page hides the parts that a `data-restart` names. */
function leftTexts(message: ShownMessage, messages: readonly SseMessage[]): string {
  const texts = textsOf(message);
  const open: { id: string; text: string; hidden: boolean }[] = [];
  for (const { data } of messages) {
    const chunk = data as { type: string; id: string; data: { parts: string[] } };
    if (chunk.type === 'text-start') open.push({ id: chunk.id, text: texts[open.length] ?? '', hidden: false });
    if (chunk.type === 'data-restart')
      for (const each of open) if (chunk.data.parts.includes(each.id)) each.hidden = true;
  }
  return open.flatMap(({ text, hidden }) => (hidden ? [] : [text])).join('');
}

/** The versions share the logs. */
const ofVersion = (all: number) => Math.ceil(all / 3);

async function expectWhole(version: AiSdkVersion, run: Course, how: Options): Promise<void> {
  const messages = chunksOf(run, version, how);
  const { message, errors } = await readBack(version, messages);
  expect(errors).toEqual(expectedErrors(run));
  expect(version === 7 ? textsOf(message).join('') : leftTexts(message, messages)).toBe(run.texts.join(''));
}

const expectedErrors = ({ end }: Course) => (end.status === 'failed' ? [end.error?.message ?? ''] : []);

describe.each([5, 6, 7] as const)('a stock page of version %i', (version) => {
  test('accepts the stream of every random log, and has its text', async () => {
    await fc.assert(
      fc.asyncProperty(course, watching, (run, how) => expectWhole(version, run, how)),
      { numRuns: ofVersion(logs) },
    );
  }, 300_000);

  test('resumes the stream of a random log at any time, and has its text', async () => {
    await fc.assert(
      fc.asyncProperty(course, watching, fc.nat(), (run, how, delay) =>
        expectWhole(version, run, { ...how, joins: delay % (run.happenings.length + 1) }),
      ),
      { numRuns: ofVersion(fewerLogs) },
    );
  }, 300_000);

  test('continues the same message after the approvals of a random log', async () => {
    await fc.assert(
      fc.asyncProperty(
        course.filter((run) => nextWait(run, 0) > 0),
        watching,
        async (run, how) => {
          const until = { ...how, endsWaiting: true };
          let messages = chunksOf(run, version, until);
          const first = await readBack(version, messages);
          expect(first.errors).toEqual([]);
          let { message } = first;
          let seen = messages;
          for (let joins = nextWait(run, 0); joins > 0; joins = nextWait(run, joins)) {
            const has = new Set(
              marksOf(view(run, { ...until, joins })).flatMap((mark) =>
                mark.type === 'itemOpened' ? [mark.item.key] : [],
              ),
            );
            // The calls are decided: the stream does not end here again.
            messages = chunksOf(decided(run, joins), version, { ...until, joins, has });
            const next = await readBack(version, messages, message);
            message = next.message;
            seen = [...seen, ...messages];
            if (nextWait(run, joins) === 0) expect(next.errors).toEqual(expectedErrors(run));
          }
          expect(version === 7 ? textsOf(message).join('') : leftTexts(message, seen)).toBe(run.texts.join(''));
        },
      ),
      { numRuns: ofVersion(fewerLogs) },
    );
  }, 300_000);
});
