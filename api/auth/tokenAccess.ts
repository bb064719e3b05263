import type { ChatPart } from '../../db/chats/belongsToChats.js';

/**
 * What a route is for tokens of `POST /v1/tokens`:
 *
 * - `public`: the route requires no credential.
 * - `chat`, `turn`, …: the path names it. It must belong to a chat of the token; otherwise 404, as if it did not exist.
 * - `narrowed`: the handler answers only with what belongs to the chats of the token (`chatIds`).
 * - `any`: the route is not about chats.
 * - `owner`: about all that the owner has. Refused for a token that names chats.
 * - `noToken`: its effect outlives a token, so that tokens are refused.
 * - `keys`: for holders of keys, neither for tokens nor for the operator's users.
 *
 * `bodyNames`: fields of the body, by their paths, that name what else must belong to the chats. `refused` fields can't be used.
 */
export type TokenAccess =
  | 'public'
  | 'narrowed'
  | 'any'
  | 'owner'
  | 'noToken'
  | 'keys'
  | 'chat'
  | ChatPart
  | { path: 'chat'; bodyNames: Readonly<Record<string, ChatPart | 'refused'>> };

/**
 * The routes by their operation. A route that is not here is refused for all tokens. A token with the scope `read` is
 * refused for everything but GET.
 */
export const tokenAccess: Readonly<Record<string, TokenAccess>> = {
  getHealth: 'public',
  getReadiness: 'public',
  getMetrics: 'keys',
  getServiceFacts: 'any',
  createToken: 'any',
  createWebhook: 'noToken',
  listWebhooks: 'owner',
  deleteWebhook: 'noToken',
  deleteOwner: 'noToken',

  listChats: 'narrowed',
  createChat: 'owner',
  importChat: 'owner',
  getChat: 'chat',
  updateChat: {
    path: 'chat',
    bodyNames: { guestId: 'character', providerId: 'refused', 'settings.providerId': 'refused' },
  },
  deleteChat: 'chat',
  exportChat: 'chat',
  impersonate: 'chat',
  // A copy is a new chat, which the token does not name.
  forkChat: 'owner',

  createTurn: { path: 'chat', bodyNames: { attachments: 'attachment' } },
  cancelRunningTurn: 'chat',
  getTurn: 'turn',
  cancelTurn: 'turn',
  regenerateTurn: 'turn',
  continueTurn: 'turn',
  editReply: 'turn',
  listVersions: 'turn',
  activateVersion: 'turn',
  retryStep: 'turn',
  skipStep: 'turn',
  answerApproval: 'turn',

  listEvents: 'chat',
  // Linking a strategy takes it from another chat.
  appendArtifact: 'owner',
  listMessages: 'chat',
  getThinking: 'chat',
  getProjection: 'chat',
  previewRewind: 'chat',
  rewindChat: 'chat',
  undoRewind: 'chat',
  search: 'narrowed',

  listEdges: 'chat',
  updateEdge: 'chat',
  listMemories: 'chat',
  createMemory: 'chat',
  updateMemory: 'chat',
  deleteMemory: 'chat',
  listStoryEvents: 'chat',
  createStoryEvent: 'chat',
  listScenes: 'chat',
  openScene: 'chat',
  closeScene: 'chat',

  getYou: 'owner',
  updateYou: 'owner',
  listCharacters: 'owner',
  createCharacter: 'owner',
  importCharacter: 'owner',
  getCharacter: 'character',
  updateCharacter: 'owner',
  deleteCharacter: 'owner',
  exportCharacter: 'owner',
  getAvatar: 'character',
  putAvatar: 'owner',
  deleteAvatar: 'owner',

  listDocuments: 'owner',
  createDocument: 'owner',
  getDocument: 'document',
  // An edit by hand is written into every chat of the document.
  updateDocument: 'owner',
  listChanges: 'document',
  acceptChange: 'change',
  declineChange: 'change',

  uploadAttachment: 'any',
  getAttachment: 'attachment',

  listModels: 'owner',
  listTools: 'owner',
  listProviders: 'owner',
  createProvider: 'owner',
  updateProvider: 'owner',
  deleteProvider: 'owner',
};
