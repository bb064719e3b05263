import { HttpAgent } from '@ag-ui/client';
import { describe, expect, test } from '@jest/globals';
import { HttpAgent as HttpAgent0 } from 'ag-ui-client-0';
import fc from 'fast-check';
import { type AgUiOptions, createAgUiEvents } from '../../../api/dialects/agUi/agUiEvents.js';
import type { AgUiMessage } from '../../../api/dialects/agUi/agUiMessages.js';
import type { SseMessage } from '../../../api/dialects/core/sseOutput.js';
import { answering, course, fewerLogs, logs, watching } from '../../support/dialects/logs/course.js';
import type { Course } from '../../support/dialects/logs/spokenTurn.js';
import { marksOf, type ViewerOptions, view } from '../../support/dialects/logs/viewer.js';
import { decided, nextWait } from '../../support/dialects/logs/waits.js';

type Options = ViewerOptions & Partial<Pick<AgUiOptions, 'base' | 'attached' | 'has' | 'namesVersion'>>;
/** The clients of AG-UI 1.0, and of the version before it that other packages have. */
const clients = [
  { version: '1.0', Agent: HttpAgent, namesVersion: true, runs: logs },
  {
    version: '0.0.59',
    Agent: HttpAgent0 as unknown as typeof HttpAgent,
    namesVersion: false,
    runs: fewerLogs,
  },
];
const hello = { id: 'm1', role: 'user' as const, content: 'Hello' };

function eventsOf(run: Course, { base = [hello], attached, has, namesVersion, ...how }: Options): SseMessage[] {
  const more = {
    ...(attached ? { attached } : {}),
    ...(has ? { has } : {}),
    ...(namesVersion ? { namesVersion } : {}),
  };
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
async function readBack(
  Agent: typeof HttpAgent,
  events: readonly SseMessage[],
  initialMessages: readonly object[] = [hello],
) {
  const agent = new Agent({
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

describe.each(clients)('the stock client of AG-UI $version', ({ Agent, namesVersion, runs }) => {
  test('accepts the run of every random log, and has its text', async () => {
    await fc.assert(
      fc.asyncProperty(course, watching, async (run, how) => {
        const { text, code } = await readBack(Agent, eventsOf(run, { ...how, namesVersion }));
        expect([text, code]).toEqual([run.texts.join(''), codeOf(run)]);
      }),
      { numRuns: runs },
    );
  }, 300_000);

  test('attaches to a run at any time, and ends with its text', async () => {
    await fc.assert(
      fc.asyncProperty(course, watching, fc.nat(), async (run, how, delay) => {
        const joins = delay % (run.happenings.length + 1);
        const { text, code } = await readBack(Agent, eventsOf(run, { ...how, joins, attached: true, namesVersion }));
        expect([text, code]).toEqual([run.texts.join(''), codeOf(run)]);
      }),
      { numRuns: fewerLogs },
    );
  }, 300_000);

  test('continues after the interrupts of a random log', async () => {
    await fc.assert(
      fc.asyncProperty(
        course.filter((run) => nextWait(run, 0) > 0),
        watching,
        async (run, how) => {
          const until = { ...how, endsWaiting: true, namesVersion };
          let read = await readBack(Agent, eventsOf(run, until));
          for (let joins = nextWait(run, 0); joins > 0; joins = nextWait(run, joins)) {
            const seen = marksOf(view(run, { ...until, joins }));
            const has = new Set(seen.flatMap((mark) => (mark.type === 'itemOpened' ? [mark.item.key] : [])));
            const base = read.messages as AgUiMessage[];
            read = await readBack(Agent, eventsOf(decided(run, joins), { ...until, joins, has, base }), base);
          }
          expect([read.text, read.code]).toEqual([run.texts.join(''), codeOf(run)]);
        },
      ),
      { numRuns: fewerLogs },
    );
  }, 300_000);
});
