import type { Client, Event } from '../client/src/index.js';
import type { Section } from './report.js';
import type { Stage } from './stage.js';
import { median } from './stats.js';
import type { SeenStream } from './streams.js';
import { openTurnHistories, type TurnHistory } from './turnHistories.js';

/** The moments of a turn on its way to the provider, in their order, in milliseconds since 1970. */
type Way = {
  posted: number;
  claimed: number;
  begun: number;
  taken: number;
  asked: number;
  streaming: number;
  fenced: number;
  requested: number;
};

const legs: { from: keyof Way; to: keyof Way; what: string }[] = [
  { from: 'posted', to: 'claimed', what: 'api: POST to the claim’s transaction' },
  { from: 'claimed', to: 'begun', what: 'Postgres: claim and commit; start of the workflow' },
  { from: 'begun', to: 'taken', what: 'Temporal: first workflow task' },
  { from: 'taken', to: 'asked', what: 'worker: openTurn, and the task’s answer' },
  { from: 'asked', to: 'streaming', what: 'Temporal: streamReply handed out' },
  { from: 'streaming', to: 'fenced', what: 'worker: to the draft’s transaction' },
  { from: 'fenced', to: 'requested', what: 'Postgres: fence, prompt; the request goes out' },
];

/** The way from POST to the provider's request in legs, from what Postgres and Temporal wrote down of each turn. */
export async function whereTimeGoes(
  stage: Stage,
  streams: SeenStream[],
  requestedAt: Map<string, number>,
): Promise<Section> {
  const histories = await openTurnHistories(stage.temporalAddress);
  const ways: Way[] = [];
  try {
    const logs = new Map<string, Event[]>();
    for (const { turnId, chatId, postedAt } of streams) {
      const log = logs.get(chatId) ?? (await readLog(stage.service.client, chatId));
      logs.set(chatId, log);
      const history = await histories.read(turnId);
      ways.push(
        wayOf(
          postedAt,
          history,
          log.filter((event) => event.turnId === turnId),
          requestedAt.get(turnId),
        ),
      );
    }
  } finally {
    await histories.close();
  }
  const rows = legs.map(({ from, to, what }) => ({
    what,
    unit: 'ms',
    service: median(ways.map((way) => way[to] - way[from])),
  }));
  return { title: 'Where the time to the request goes', rows };
}

async function readLog(client: Client, chatId: string): Promise<Event[]> {
  const events: Event[] = [];
  for await (const event of client.events(chatId)) events.push(event);
  return events;
}

function wayOf(posted: number, history: TurnHistory, events: Event[], requested = Number.NaN): Way {
  const at = (kind: Event['kind']) => Date.parse(events.find((event) => event.kind === kind)?.at ?? '');
  const { begun, taken, asked, streaming } = history;
  return {
    posted,
    begun,
    taken,
    asked,
    streaming,
    requested,
    claimed: at('user_turn'),
    fenced: at('assistant_turn_started'),
  };
}
