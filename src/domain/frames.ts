import type { AgentStep, ChatEvent } from './events.js';
import type { RelayMeta } from './relay.js';
import type { RestartReason } from './restartReasons.js';
import type { PublicError, StepStatus, TurnStatus } from './turn.js';

export type Channel = 'text' | 'thinking';

/** What names a draft: one reply in flight. A beat has one draft at a time; `epoch` counts them from 1. */
export type DraftKey = { turnId: string; beat: number };

export type TokenFrame = {
  type: 'token';
  turnId: string;
  beat: number;
  epoch: number;
  speakerId: string;
  channel: Channel;
  /** In UTF-16 code units from the start of the epoch's channel; contiguous. */
  offset: number;
  text: string;
};

export type DraftFrame = Omit<TokenFrame, 'type'> & { type: 'draft' };

export type StepView = {
  name: string;
  status: StepStatus;
  attempts: number;
  error?: PublicError;
};

/** Every frame a viewer can get, on the live socket and over SSE alike. */
export type ViewerFrame =
  | { type: 'hello'; chatId: string; seq: number }
  | ({ type: 'event' } & Pick<ChatEvent, 'seq' | 'kind' | 'turnId' | 'at' | 'data'>)
  | DraftFrame
  | TokenFrame
  | { type: 'restart'; turnId: string; beat: number; epoch: number; reason: RestartReason }
  | { type: 'status'; turnId: string; status: TurnStatus; phase: string; steps: StepView[] }
  | { type: 'step'; turnId: string; step: AgentStep }
  | { type: 'heartbeat'; turnId: string; elapsedSeconds: number }
  | ({ type: 'meta'; turnId: string } & RelayMeta)
  | { type: 'error'; code: string; message: string };

/** Close codes of the live socket. */
export const closeCodes = {
  badCursor: 4400,
  unauthorized: 4401,
  chatNotFound: 4404,
  /** Too slow to keep up, or what is needed to serve is away: come back after a pause. */
  tooSlow: 1013,
  /** The api restarts: come back to the next one. */
  restarting: 1012,
} as const;
