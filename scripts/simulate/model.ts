import { type Capacities, type Figures, settings } from './figures.js';

/** What is asked of the service. */
export type Load = {
  streams: number;
  /** Of each stream. */
  tokensPerSecond: number;
  /** Of a reply. A turn begins where one has ended, so that the number of streams stays. */
  tokensPerReply: number;
  viewersPerStream: number;
};

/** What is in use of one resource that the whole service shares, and of how much. */
export type Demand = { name: string; used: number; capacity: number; unit: string; lift: string };

export type Sizes = { workers: number; apis: number };

/** The seconds between the checkpoints of a worker: the more streams it has, the longer each statement takes. */
const checkpointEvery = (streams: number): number => {
  const { least, most } = settings.checkpointEvery;
  return Math.min(most, least + (streams / settings.streamConcurrency) * (most - least));
};

const rates = ({ streams, tokensPerSecond, tokensPerReply }: Load) => {
  const tokens = streams * tokensPerSecond;
  return { tokens, turns: tokens / tokensPerReply };
};

/**
 * How many processes the load needs, each of which has one core for its event loop. Infinite apis: each reads the tokens of
 * all workers, and that alone takes more than it has.
 */
export function sizesFor(load: Load, figures: Figures, { usable, apiMemory }: Capacities): Sizes {
  const { tokens, turns } = rates(load);
  const { cpuPerMillionTokens: perMillion, cpuPerTurn } = figures;
  const workers = Math.ceil((tokens * (perMillion.worker / 1e6) + turns * cpuPerTurn.worker) / usable);
  const left = usable - (workers > 1 ? tokens * figures.readSecondsPerToken : 0);
  const own = tokens * (perMillion.api / 1e6) + turns * cpuPerTurn.api;
  const byMemory = (load.streams * load.viewersPerStream * figures.bytesPerViewer) / (apiMemory * usable);
  const apis = left <= 0 ? Number.POSITIVE_INFINITY : Math.ceil(Math.max(own / left, byMemory));
  return { workers: Math.max(1, workers), apis: Math.max(1, apis) };
}

/** What the load takes of everything that more processes do not add to. */
export function demandsOf(load: Load, figures: Figures, capacities: Capacities): Demand[] {
  const { tokens, turns } = rates(load);
  const { workers, apis } = sizesFor(load, figures, capacities);
  // Where no number of apis is enough the others are sized as if the tokens were not read by all.
  const gateways = Number.isFinite(apis)
    ? apis
    : sizesFor(load, { ...figures, readSecondsPerToken: 0 } as unknown as Figures, capacities).apis;
  const { cpuPerMillionTokens: perMillion, cpuPerTurn } = figures;
  const checkpoints = workers / checkpointEvery(load.streams / workers);
  const events = turns * 12;
  const notifies = Math.min((workers + gateways) * settings.notifyStatements, events);
  const messages = Math.min(workers * 500, tokens);
  return [
    {
      name: 'Temporal: state transitions',
      used: load.streams / settings.heartbeatEvery + turns * figures.historyEvents * figures.transitionsPerEvent,
      capacity: capacities.temporalTransitions,
      unit: 'a second',
      lift: 'a longer heartbeat timeout, then more shards of its database (Cassandra), or more namespaces on clusters of their own',
    },
    {
      name: 'Temporal: cores',
      used: tokens * (perMillion.temporal / 1e6) + turns * cpuPerTurn.temporal,
      capacity: capacities.temporalCores,
      unit: 'cores',
      lift: 'more history and matching pods',
    },
    {
      name: 'Postgres: commits',
      used: turns * figures.commitsPerTurn + checkpoints + notifies,
      capacity: capacities.postgresCommits,
      unit: 'a second',
      lift: 'owners on databases of their own; workers with more streams each write fewer checkpoints',
    },
    {
      name: 'Postgres: commits that notify',
      used: notifies,
      capacity: capacities.postgresNotifies,
      unit: 'a second',
      lift: 'a longer interval of the notifier, or the notifications over Redis',
    },
    {
      name: 'Postgres: write-ahead log',
      used: turns * figures.walBytesPerTurn + tokens * 40,
      capacity: capacities.postgresWal,
      unit: 'bytes a second',
      lift: 'owners on databases of their own',
    },
    {
      name: 'Postgres: cores',
      used: tokens * (perMillion.postgres / 1e6) + turns * cpuPerTurn.postgres,
      capacity: capacities.postgresCores,
      unit: 'cores',
      lift: 'a larger machine, or owners on databases of their own',
    },
    {
      name: 'each api: all tokens are read',
      used: workers > 1 ? tokens * figures.readSecondsPerToken : 0,
      capacity: 1,
      unit: 'cores',
      lift: 'a channel of the wire for each part of the chats, of which an api reads those that it has viewers for',
    },
    {
      name: 'Redis: bytes',
      used: workers > 1 ? tokens * figures.wireBytesPerToken * (1 + gateways) : 0,
      capacity: capacities.redisBytes,
      unit: 'bytes a second',
      lift: 'a channel for each part of the chats, and several Redis',
    },
    {
      name: 'Redis: messages',
      used: workers > 1 ? messages * (1 + gateways) : 0,
      capacity: capacities.redisMessages,
      unit: 'a second',
      lift: 'a channel for each part of the chats, and several Redis',
    },
  ];
}

/** The most streams that each resource carries, the first ceiling first. */
export function ceilings(load: Load, figures: Figures, capacities: Capacities): (Demand & { streams: number })[] {
  return demandsOf(load, figures, capacities)
    .map((demand) => ({ ...demand, streams: mostStreams(demand.name, load, figures, capacities) }))
    .sort((a, b) => a.streams - b.streams);
}

const beyond = 2 ** 30;

/** By bisection: what is used grows with the streams. */
function mostStreams(name: string, load: Load, figures: Figures, capacities: Capacities): number {
  const fits = (streams: number) => {
    const demand = demandsOf({ ...load, streams }, figures, capacities).find((each) => each.name === name)!;
    return demand.used <= demand.capacity * capacities.usable;
  };
  let [least, most] = [0, beyond];
  while (most - least > 1) {
    const middle = Math.floor((least + most) / 2);
    if (fits(middle)) least = middle;
    else most = middle;
  }
  return least;
}
