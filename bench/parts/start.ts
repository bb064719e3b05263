import { stamped } from '../../test/support/provider/scriptedReply.js';
import type { Row, Section } from '../report.js';
import type { Stage } from '../stage.js';
import { median } from '../stats.js';
import { type SeenStream, takeSeat } from '../streams.js';
import type { Subject } from '../subject.js';
import { whereTimeGoes } from '../whereTimeGoes.js';
import type { Part } from './part.js';

const rounds = 3;

/** From POST to the provider's request, and to the first token at a viewer: one turn at a time. */
export const startPart: Part = async (stage, { quick, say }) => {
  const perRound = quick ? 5 : 20;
  const both = [stage.pipe, stage.service];
  await stage.provider.script({ always: stamped({ tokens: 3, perSecond: 200, firstMs: 5 }) });
  for (const subject of both) await runTurns(subject, 5); // what runs for the first time is not measured
  await stage.provider.forget();
  const seen: Record<Subject['name'], SeenStream[]> = { service: [], pipe: [], durable: [] };
  for (let round = 1; round <= rounds; round++) {
    say(`${perRound} turns, one after the other, on each of both: round ${round} of ${rounds}`);
    for (const subject of both) seen[subject.name].push(...(await runTurns(subject, perRound)));
  }
  const requestedAt = await requestTimes(stage);
  return [compare(seen, requestedAt), await whereTimeGoes(stage, seen.service, requestedAt)];
};

async function runTurns(subject: Subject, count: number): Promise<SeenStream[]> {
  const seat = await takeSeat(subject);
  const seen: SeenStream[] = [];
  while (seen.length < count) seen.push(await seat.run());
  seat.leave();
  return seen;
}

/** When the provider was asked for each turn's reply. */
async function requestTimes({ provider }: Stage): Promise<Map<string, number>> {
  const requests = (await provider.requests()).filter(({ requestId }) => requestId?.includes('/reply:0/'));
  return new Map(requests.map(({ requestId = '', at }) => [requestId.split('/')[0] ?? '', at]));
}

function compare(seen: Record<Subject['name'], SeenStream[]>, requestedAt: Map<string, number>): Section {
  const of = (measure: (stream: SeenStream) => number) => ({
    service: median(seen.service.map(measure)),
    pipe: median(seen.pipe.map(measure)),
  });
  const requested = (stream: SeenStream) => requestedAt.get(stream.turnId) ?? Number.NaN;
  const rows: Row[] = [
    {
      what: "POST to the provider's request",
      unit: 'ms',
      ...of((stream) => requested(stream) - stream.postedAt),
      target: { below: 60 },
    },
    {
      what: 'POST to first token, less the provider’s delay',
      unit: 'ms',
      ...of((stream) => {
        const [first] = stream.tokens;
        return first ? first.cameAt - stream.postedAt - (first.sentAt - requested(stream)) : Number.NaN;
      }),
    },
    { what: 'POST to its 202', unit: 'ms', ...of((stream) => stream.answeredAt - stream.postedAt) },
  ];
  return { title: `Start of a turn, medians of ${seen.service.length}`, rows };
}
