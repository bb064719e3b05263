export {
  type Client,
  type ClientOptions,
  createClient,
  type Page,
  type PostTurnOptions,
  type WaitOptions,
} from './client.js';
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
export type { ConnectionState } from './follow/connectionState.js';
export type { Following, FollowOptions } from './follow/followChat.js';
export type { FramesOptions } from './follow/frames.js';
export type { WebSocketConstructor, WebSocketLike } from './follow/webSocketTransport.js';
export type { OldDraft, RestartReason } from './oldDraft.js';
export { type Backoff, backoffMs } from './requests/backoff.js';
export type { Answer, RequestOptions } from './requests/request.js';
export type { RetryOptions } from './requests/retry.js';
export type * from './schema.js';
export type { SendOptions } from './store/outbox.js';
export type { ShownMessage } from './store/shownMessages.js';
export type { Decision } from './store/storeActions.js';
export { createTurnStore, type TurnStore, type TurnStoreOptions } from './store/turnStore.js';
export type { ChatStatus, ShownDraft, TurnsSnapshot, WaitingApproval } from './store/turnsSnapshot.js';
