import type { AgentStep } from '../../domain/log/events.js';
import type { Channel } from '../../domain/log/frames.js';
import type { RelayMeta } from '../../domain/relay/relay.js';
import type { RestartReason } from '../../domain/turns/restartReasons.js';

/**
 * The wire between workers and gateways: fast, and free to lose, repeat and reorder, because whatever it
 * loses is in Postgres. Two transports stand behind these ports: a socket that workers dial, and Redis.
 */
export type WireToken = {
  chatId: string;
  turnId: string;
  beat: number;
  /** Of the attempt that streams: a gateway refuses tokens of an older one. */
  fence: number;
  epoch: number;
  /** Why this draft took the place of the one before, where it did. */
  reason?: RestartReason | undefined;
  speakerId: string;
  channel: Channel;
  /** In UTF-16 code units from the start of the epoch's channel. */
  offset: number;
  text: string;
};

/** A step of an agent's reply, which begins or is there whole. `offset`: where its text begins in its channel. */
export type WireStep = Omit<WireToken, 'speakerId' | 'channel' | 'offset' | 'text'> & {
  offset: number | null;
  step: AgentStep;
};

export type WireMeta = RelayMeta & { chatId: string; turnId: string };

export type WireHeartbeat = { chatId: string; turnId: string; elapsedSeconds: number };

/** The worker's end. `publish`, `step`, `heartbeat` and `meta` never throw and never wait; they drop what can't be sent now. */
export type Wire = {
  publish(token: WireToken): void;
  step(step: WireStep): void;
  heartbeat(heartbeat: WireHeartbeat): void;
  meta(meta: WireMeta): void;
  /** Calls back when a gateway asks for a turn's stream to be stopped. Returns how to stop listening. */
  onStop(listener: (turnId: string) => void): () => void;
  close(): Promise<void>;
};

/** The gateway's end. */
export type WireHub = {
  /** `readAt`: when the worker had read it, by the worker's wall clock; null of a worker that does not say. */
  onToken(listener: (token: WireToken, readAt: number | null) => void): () => void;
  onStep(listener: (step: WireStep) => void): () => void;
  onMeta(listener: (meta: WireMeta) => void): () => void;
  onHeartbeat(listener: (heartbeat: WireHeartbeat) => void): () => void;
  /** Asks every worker to stop a turn's stream. May be lost: the mark in Postgres is what makes a stop sure. */
  stop(turnId: string): void;
  connectedWorkers(): number;
  close(): Promise<void>;
};

/** Beyond this much unsent, a worker drops tokens: gateways fill in from the checkpoints. */
export const maxUnsentBytes = 4 * 1024 * 1024;
/** The largest message that a gateway takes: one token may be a whole reply. */
export const maxMessageBytes = 64 * 1024 * 1024;
