export { type Backoff, backoffMs } from './backoff.js';
export {
  type Client,
  type ClientOptions,
  createClient,
  type Page,
  type PostTurnOptions,
  type WaitOptions,
} from './client.js';
export type { ConnectionState } from './connectionState.js';
export {
  type Channel,
  type Draft,
  type DraftStep,
  type Drafts,
  draftKey,
  evolveDrafts,
  filledSteps,
} from './drafts.js';
export { ApiError, type FollowEnd, FollowError, isTransient, UnreachableError } from './errors.js';
export type { Following, FollowOptions } from './followChat.js';
export type { FramesOptions } from './frames.js';
export type { OldDraft, RestartReason } from './oldDraft.js';
export type { SendOptions } from './outbox.js';
export type { Answer, RequestOptions } from './request.js';
export type { RetryOptions } from './retry.js';
export type * from './schema.js';
export type { ShownMessage } from './shownMessages.js';
export type { Decision } from './storeActions.js';
export { createTurnStore, type TurnStore, type TurnStoreOptions } from './turnStore.js';
export type { ChatStatus, ShownDraft, TurnsSnapshot, WaitingApproval } from './turnsSnapshot.js';
export type { WebSocketConstructor, WebSocketLike } from './webSocketTransport.js';
