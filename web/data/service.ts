import type {
  Change,
  Character,
  Chat,
  Document,
  Edge,
  Event,
  FoundText,
  Memory,
  Model,
  Page,
  Projection,
  Scene,
  ServiceFacts,
  StoryEvent,
  Thinking,
  Tool,
  Turn,
  Version,
  You,
} from '../../client/src/index.js';
import { client, get, list, post, request, withKeyPrompt } from './api.js';

/** Characters and documents as their lists have them: without the texts, which may be long. */
export type ListedCharacter = Omit<Character, 'persona' | 'greeting'>;
export type ListedDocument = Omit<Document, 'body'>;

export type CharacterFields = Pick<Character, 'name' | 'persona' | 'greeting'>;
export type DocumentFields = Pick<Document, 'title' | 'body'>;
export type NewStoryEvent = Pick<StoryEvent, 'title' | 'description' | 'status' | 'artifacts'>;
export type NewMemory = Pick<Memory, 'text'> & { witnessIds: readonly string[]; significance?: number };
export type MemoryChange = { text?: string; significance?: number; pinned?: boolean };
/** `affinity` and `trust` are values, and `knowledgeFacts` are added. */
export type EdgeChange = Pick<Edge, 'sourceId' | 'targetId'> &
  Partial<Pick<Edge, 'affinity' | 'trust' | 'knowledgeFacts'> & { summary: string }>;
/** Counts of the events that a rewind would hide. */
export type RewindPreview = { totalEvents: number; byKind: Record<string, number> };

const id = encodeURIComponent;

/** The requests that the page sends. Each rejects with `ApiError` or `UnreachableError`. */
export const service = {
  getFacts: () => get<ServiceFacts>('/v1/service'),

  // Chats
  /** The chat with the newest event first. */
  listChats: () => list<Chat>('/v1/chats?sort=activity&order=desc'),
  /** The newest texts of all chats that hold the words. */
  search: async (query: string) =>
    (await get<Page<FoundText>>(`/v1/search?limit=30&q=${encodeURIComponent(query)}`)).items,
  getChat: (chatId: string) => withKeyPrompt(client.getChat(chatId, { attempts: 1 })),
  createChat: (chat: object) => post<Chat>('/v1/chats', chat),
  updateChat: (chatId: string, body: object) => request<Chat>('PATCH', `/v1/chats/${id(chatId)}`, { body }),
  deleteChat: (chatId: string) => request<void>('DELETE', `/v1/chats/${id(chatId)}`),
  forkChat: (chatId: string, atSeq: number) => post<Chat>(`/v1/chats/${id(chatId)}/fork`, { atSeq }),
  getEvents: (chatId: string, { after, limit }: { after: string; limit: number }) =>
    get<Page<Event>>(`/v1/chats/${id(chatId)}/events?limit=${limit}&after=${after}`),
  previewRewind: (chatId: string, toSeq: number) =>
    get<RewindPreview>(`/v1/chats/${id(chatId)}/rewind/preview?toSeq=${toSeq}`),
  rewind: (chatId: string, body: { toSeq: number; whenBusy?: 'interrupt' }) =>
    post(`/v1/chats/${id(chatId)}/rewind`, body),
  undoRewind: (chatId: string) => post(`/v1/chats/${id(chatId)}/rewind/undo`),

  // Turns
  getTurn: (turnId: string): Promise<Turn> => withKeyPrompt(client.getTurn(turnId)),
  cancelTurn: (turnId: string) => withKeyPrompt(client.cancelTurn(turnId)),
  /** Cancels the turn that holds the chat's floor. */
  cancelActiveTurn: (chatId: string) => post(`/v1/chats/${id(chatId)}/turns/cancel`),
  regenerate: (turnId: string, edit?: { text: string }) =>
    post<{ turn: Turn }>(`/v1/turns/${id(turnId)}/regenerate`, edit),
  /** The last reply goes on, as a new version. */
  continueReply: (turnId: string) => post<{ turn: Turn }>(`/v1/turns/${id(turnId)}/continue`),
  editReply: (turnId: string, edit: { beat: number; text: string }) => post(`/v1/turns/${id(turnId)}/versions`, edit),
  listVersions: (turnId: string) => list<Version>(`/v1/turns/${id(turnId)}/versions`),
  activateVersion: (turnId: string, versionId: string) =>
    post(`/v1/turns/${id(turnId)}/versions/${id(versionId)}/activate`),
  decideStep: (turnId: string, step: string, decision: 'retry' | 'skip') =>
    post(`/v1/turns/${id(turnId)}/steps/${id(step)}/${decision}`),
  decideApproval: (turnId: string, callId: string, body: { approved: boolean; comment?: string }) =>
    post(`/v1/turns/${id(turnId)}/approvals/${id(callId)}`, body),

  // Narrative chats
  getYou: () => get<You>('/v1/you'),
  updateYou: (body: Pick<You, 'name' | 'persona'>) => request<You>('PUT', '/v1/you', { body }),
  listCharacters: () => list<ListedCharacter>('/v1/characters'),
  getCharacter: (characterId: string) => get<Character>(`/v1/characters/${id(characterId)}`),
  createCharacter: (body: CharacterFields) => post<Character>('/v1/characters', body),
  updateCharacter: (characterId: string, body: CharacterFields) =>
    request<Character>('PATCH', `/v1/characters/${id(characterId)}`, { body }),
  deleteCharacter: (characterId: string) => request<void>('DELETE', `/v1/characters/${id(characterId)}`),
  listEdges: (chatId: string) => list<Edge>(`/v1/chats/${id(chatId)}/edges`),
  updateEdge: (chatId: string, body: EdgeChange) => request<Edge>('PATCH', `/v1/chats/${id(chatId)}/edges`, { body }),
  createMemory: (chatId: string, body: NewMemory) => post<Memory>(`/v1/chats/${id(chatId)}/memories`, body),
  updateMemory: (chatId: string, memoryId: string, body: MemoryChange) =>
    request<Memory>('PATCH', `/v1/chats/${id(chatId)}/memories/${id(memoryId)}`, { body }),
  deleteMemory: (chatId: string, memoryId: string) =>
    request<void>('DELETE', `/v1/chats/${id(chatId)}/memories/${id(memoryId)}`),
  listMemories: (chatId: string) => list<Memory>(`/v1/chats/${id(chatId)}/memories`),
  listScenes: (chatId: string) => list<Scene>(`/v1/chats/${id(chatId)}/scenes`),
  openScene: (chatId: string, container: string) => post(`/v1/chats/${id(chatId)}/scenes`, { container }),
  closeScene: (chatId: string) => post(`/v1/chats/${id(chatId)}/scenes/current/close`),
  listStoryEvents: (chatId: string) => list<StoryEvent>(`/v1/chats/${id(chatId)}/storyEvents`),
  createStoryEvent: (chatId: string, body: NewStoryEvent) => post(`/v1/chats/${id(chatId)}/storyEvents`, body),

  // Documents
  listDocuments: () => list<ListedDocument>('/v1/documents'),
  getDocument: (documentId: string) => get<Document>(`/v1/documents/${id(documentId)}`),
  createDocument: (body: DocumentFields) => post<Document>('/v1/documents', body),
  /** Refused with `version_mismatch` when the document's version is not `version`. */
  updateDocument: (documentId: string, version: number, body: DocumentFields) =>
    request<Document>('PUT', `/v1/documents/${id(documentId)}`, { body, headers: { 'If-Match': `"${version}"` } }),
  listChanges: (documentId: string) => list<Change>(`/v1/documents/${id(documentId)}/changes`),
  acceptChange: (changeId: string) => post<Change>(`/v1/changes/${id(changeId)}/accept`),
  declineChange: (changeId: string, comment?: string) =>
    post<Change>(`/v1/changes/${id(changeId)}/decline`, comment ? { comment } : {}),

  // Agents
  listTools: () => list<Tool>('/v1/tools'),
  listModels: async () => (await get<{ items: Model[] }>('/v1/models')).items,
  /** The tool calls of a running turn; null while none runs. */
  getThinking: (chatId: string) => get<Thinking | null>(`/v1/chats/${id(chatId)}/thinking`),
  getProjection: (chatId: string) => get<Projection>(`/v1/chats/${id(chatId)}/projection`),
};
