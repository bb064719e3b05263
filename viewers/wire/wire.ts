import type { AgentStep } from '../../domain/log/events.js';
import type { Channel } from '../../domain/log/frames.js';
import type { RelayMeta } from '../../domain/relay/relay.js';
import type { RestartReason } from '../../domain/turns/restartReasons.js';

/**
 * The wire between workers and gateways: fast, and at most once. It may lose, repeat and reorder, since everything that
 * it carries is in Postgres too. Two transports implement these ports: a WebSocket that workers dial, and Redis.
 */
export type WireToken = {
  chatId: string;
  turnId: string;
  beat: number;
  /** The fencing token of the attempt that streams: a gateway refuses tokens with an older one. */
  fence: number;
  epoch: number;
  /** Why this draft replaces an earlier one, if it does. */
  reason?: RestartReason | undefined;
  speakerId: string;
  channel: Channel;
  /** In UTF-16 code units from the start of the epoch's channel. */
  offset: number;
  text: string;
};

/** A step of an agent's reply, which begins or is complete. `offset`: where its text begins in its channel. */
export type WireStep = Omit<WireToken, 'speakerId' | 'channel' | 'offset' | 'text'> & {
  offset: number | null;
  step: AgentStep;
};

/** What a relayed reply is made of. */
export type WireMeta = RelayMeta & { chatId: string; turnId: string };

/** The upstream of a relayed reply is connected, and silent. */
export type WireHeartbeat = { chatId: string; turnId: string; elapsedSeconds: number };

/** What workers send to gateways. */
export type WireItem =
  | ({ type: 'token' } & WireToken)
  | ({ type: 'step' } & WireStep)
  | ({ type: 'heartbeat' } & WireHeartbeat)
  | ({ type: 'meta' } & WireMeta);

/**
 * The worker's end. `publish`, `step`, `heartbeat` and `meta` never throw and never wait; what can't be sent now is
 * dropped.
 */
export type Wire = {
  publish(token: WireToken): void;
  step(step: WireStep): void;
  heartbeat(heartbeat: WireHeartbeat): void;
  meta(meta: WireMeta): void;
  /** Calls back when a gateway asks for a turn's stream to be stopped. Returns how to unsubscribe. */
  onStop(listener: (turnId: string) => void): () => void;
  close(): Promise<void>;
};

/** Gets each item that arrives. `readAt`: when the worker read it, by the worker's wall clock; null if it did not say. */
export type ItemListener = (item: WireItem, readAt: number | null) => void;

/** The gateway's end. */
export type WireHub = {
  /** Returns how to unsubscribe. A listener that throws is logged, and does not affect the others. */
  onItem(listener: ItemListener): () => void;
  /** Asks every worker to stop a turn's stream. The request may be lost: the mark in Postgres is what ensures a stop. */
  stop(turnId: string): void;
  connectedWorkers(): number;
  close(): Promise<void>;
};

/** With more than this unsent, a worker drops tokens: gateways read them from the checkpoints. */
export const maxUnsentBytes = 4 * 1024 * 1024;
/** The largest message that a gateway accepts: one token may be a whole reply. */
export const maxMessageBytes = 64 * 1024 * 1024;
