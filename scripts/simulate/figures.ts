/** Processor time is in seconds of one core of the machine that measured, docs/bench.md "Streams and long chats". */
export type Figures = typeof measured;

/** What the bench has measured; each with the part that prints it. */
export const measured = {
  /** `streams`, 200 streams: seconds for a million tokens. */
  cpuPerMillionTokens: { worker: 222, temporal: 77, api: 54, postgres: 26 },
  /** Seconds of a narrative turn: 12.3 turns a second on two cores that are 2.3 times as fast (`turns`). How they are shared between the processes is an estimate. */
  cpuPerTurn: { worker: 0.15, temporal: 0.12, api: 0.03, postgres: 0.05 },
  /** Events of a narrative turn's history (`turns`). That about two of three are a transition of their own in Temporal's database is an estimate. */
  historyEvents: 35,
  transitionsPerEvent: 0.67,
  /** Commits of a narrative turn, and what they write: estimates, until the part `turns`, which counts both, has run on an idle machine. */
  commitsPerTurn: 45,
  walBytesPerTurn: 90_000,
  /** A token as workers publish it, and what a gateway takes to read it, whether it has viewers for it or not: 1 to 1.6 µs for `decodeItems`, the rest for the connection. */
  wireBytesPerToken: 260,
  readSecondsPerToken: 2e-6,
  /** `npm run attacks`: what a viewer's connection holds in the api. */
  bytesPerViewer: 90_000,
} as const;

/** Settings of the service that decide how often it writes. */
export const settings = {
  /** activities/streaming/checkpointer.ts: the pause between the statements of a worker, at rest and at most, in seconds. */
  checkpointEvery: { least: 0.15, most: 0.5 },
  /** workflows/activities.ts: Temporal's SDK sends a heartbeat after four fifths of the timeout of 3 s, at the earliest. */
  heartbeatEvery: 2.4,
  /** db/core/notifier.ts: statements that notify, of a process in a second, and notifications in one. */
  notifyStatements: 200,
  notifyBatch: 500,
  /** config.ts: replies of a worker. A worker's event loop carries fewer at the speed of a model. */
  streamConcurrency: 200,
} as const;

/** What one machine of each kind can do. These are assumptions, to be replaced by what you have. */
export const capacities = {
  /** Share of a resource that is used at most, so that waits stay short. */
  usable: 0.7,
  postgresCores: 32,
  /** Commits that a disk makes durable in a second, many of them in one flush. */
  postgresCommits: 15_000,
  /** Bytes of write-ahead log in a second. */
  postgresWal: 300e6,
  /** Commits that notify: they hold a lock of the whole server until they are on disk, one after the other. */
  postgresNotifies: 2_000,
  /** State transitions that Temporal's database takes in a second. */
  temporalTransitions: 10_000,
  temporalCores: 64,
  /** Bytes in a second that one Redis sends and receives. */
  redisBytes: 1.25e9,
  /** Messages in a second that one Redis delivers: its commands run on one core. */
  redisMessages: 200_000,
  /** Memory of an api process for its viewers. */
  apiMemory: 4e9,
} as const;
export type Capacities = { [name in keyof typeof capacities]: number };
