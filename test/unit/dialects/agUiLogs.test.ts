import { HttpAgent } from '@ag-ui/client';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type AgUiOptions, createAgUiEvents } from '../../../api/dialects/agUi/agUiEvents.js';
import type { AgUiMessage } from '../../../api/dialects/agUi/agUiMessages.js';
import type { SseMessage } from '../../../api/dialects/core/sseOutput.js';
import { answering, course, logs, watching } from '../../support/dialects/logs/course.js';
import type { Course } from '../../support/dialects/logs/spokenTurn.js';
import { marksOf, type ViewerOptions, view } from '../../support/dialects/logs/viewer.js';
import { decided, nextWait } from '../../support/dialects/logs/waits.js';

type Options = ViewerOptions & Partial<Pick<AgUiOptions, 'base' | 'attached' | 'has'>>;
const hello = { id: 'm1', role: 'user' as const, content: 'Hello' };

function eventsOf(run: Course, { base = [hello], attached, has, ...how }: Options): SseMessage[] {
  const more = { ...(attached ? { attached } : {}), ...(has ? { has } : {}) };
  const options: AgUiOptions = { threadId: 'thread', runId: 'run', turnId: 'turn_1', base, ...more };
  const encode = createAgUiEvents(options);
  const batches = view(run, how);
  if (!attached) return encode(marksOf(batches));
  // The first marks are what the turn has when the client comes.
  const isFirst = ({ happened }: { happened: number }) => happened <= (how.joins ?? 0);
  const later = batches.filter((batch) => !isFirst(batch));
  return [...encode(marksOf(batches.filter(isFirst))), ...later.flatMap(({ marks }) => encode(marks))];
}

/** What the stock client makes of the bytes of a run: its messages, and the code of an error. */
async function readBack(events: readonly SseMessage[], initialMessages: readonly object[] = [hello]) {
  const agent = new HttpAgent({
    url: 'http://127.0.0.1/ag-ui',
    threadId: 'thread',
    initialMessages: structuredClone(initialMessages) as [],
    fetch: answering(() => events),
  });
  let code: string | null = null;
  await agent.runAgent(
    { runId: 'run' },
    {
      onRunErrorEvent({ event }) {
        code = event.code ?? '';
      },
    },
  );
  const texts = agent.messages.flatMap(({ role, content }) =>
    role === 'assistant' && typeof content === 'string' ? [content] : [],
  );
  return { messages: agent.messages, text: texts.join(''), code };
}

const codeOf = ({ end }: Course) => (end.status === 'failed' ? (end.error?.code ?? '') : null);

test('the stock client of AG-UI accepts the run of every random log, and has its text', async () => {
  await fc.assert(
    fc.asyncProperty(course, watching, async (run, how) => {
      const { text, code } = await readBack(eventsOf(run, how));
      expect([text, code]).toEqual([run.texts.join(''), codeOf(run)]);
    }),
    { numRuns: logs },
  );
}, 300_000);

test('the stock client of AG-UI attaches to a run at any time, and ends with its text', async () => {
  await fc.assert(
    fc.asyncProperty(course, watching, fc.nat(), async (run, how, delay) => {
      const joins = delay % (run.happenings.length + 1);
      const { text, code } = await readBack(eventsOf(run, { ...how, joins, attached: true }));
      expect([text, code]).toEqual([run.texts.join(''), codeOf(run)]);
    }),
    { numRuns: logs },
  );
}, 300_000);

test('the stock client of AG-UI continues after the interrupts of a random log', async () => {
  await fc.assert(
    fc.asyncProperty(
      course.filter((run) => nextWait(run, 0) > 0),
      watching,
      async (run, how) => {
        const until = { ...how, endsWaiting: true };
        let read = await readBack(eventsOf(run, until));
        for (let joins = nextWait(run, 0); joins > 0; joins = nextWait(run, joins)) {
          const seen = marksOf(view(run, { ...until, joins }));
          const has = new Set(seen.flatMap((mark) => (mark.type === 'itemOpened' ? [mark.item.key] : [])));
          const base = read.messages as AgUiMessage[];
          read = await readBack(eventsOf(decided(run, joins), { ...until, joins, has, base }), base);
        }
        expect([read.text, read.code]).toEqual([run.texts.join(''), codeOf(run)]);
      },
    ),
    { numRuns: Math.ceil(logs / 4) },
  );
}, 300_000);
