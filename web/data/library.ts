import { signal } from '@preact/signals';
import type { Chat, Document, Tool, You } from '../../client/src/index.js';
import { messageOf } from '../strings/errors.js';
import { t } from '../strings/strings.js';
import { loadCharacters, nameOfCharacter } from './characters.js';
import { type DocumentFields, type ListedDocument, service } from './service.js';
import { createReloader } from './stream/reloader.js';

/** The resources of the owner. The chat with the newest event is first. Chats are null until they are read. */
export const chats = signal<readonly Chat[] | null>(null);
export const you = signal<You | null>(null);
export const documents = signal<readonly ListedDocument[]>([]);
export const tools = signal<readonly Tool[]>([]);
/** Why the lists could not be read. */
export const libraryFailure = signal<string | null>(null);

/** The name that the service gives an owner who has not chosen one. */
const defaultName = 'You';

/** The name of the user, of a character, or of whoever replies in chats without characters. */
export function nameOf(id: string): string {
  if (id === 'you') return you.value && you.value.name !== defaultName ? you.value.name : t().common.you;
  if (id === 'assistant') return t().common.assistant;
  return nameOfCharacter(id) ?? t().common.someone;
}

export function titleOf(chat: Chat): string {
  if (chat.title) return chat.title;
  switch (chat.kind) {
    case 'narrative':
      return chat.hostId
        ? t().formats.list([chat.hostId, chat.guestId].flatMap((id) => (id ? [nameOf(id)] : [])))
        : t().common.chat;
    case 'document':
      return documents.value.find(({ id }) => id === chat.documentId)?.title ?? t().common.document;
    case 'agent':
      return t().common.assistant;
    case 'relay':
      return t().sidebar.kinds.relay;
  }
}

const library = createReloader(
  async () => {
    const [chatsRead, , youRead, documentsRead] = await Promise.all([
      service.listChats(),
      loadCharacters(),
      service.getYou(),
      service.listDocuments(),
    ]);
    chats.value = chatsRead;
    you.value = youRead;
    documents.value = documentsRead;
    libraryFailure.value = null;
  },
  (error) => {
    libraryFailure.value = messageOf(error);
  },
);

/** Reads the owner's resources again. What could not be read stays as it was. */
export const loadLibrary = library.reload;

export async function loadTools(): Promise<void> {
  tools.value = await service.listTools();
}

/** Adds a new chat, or replaces one that has changed. */
export function putChat(chat: Chat): void {
  const others = (chats.value ?? []).filter(({ id }) => id !== chat.id);
  const at = chats.value?.findIndex(({ id }) => id === chat.id) ?? -1;
  chats.value = at < 0 ? [chat, ...others] : others.toSpliced(at, 0, chat);
}

/** Takes the title of a chat that was read later than the list. */
export function takeTitle(chat: Chat): void {
  const listed = chats.value?.find(({ id }) => id === chat.id);
  if (listed && listed.title !== chat.title && listed.updatedAt < chat.updatedAt) putChat(chat);
}

/** Moves a chat to the top of the list: something was said in it. */
export function moveToTop(chatId: string): void {
  const moved = chats.value?.find(({ id }) => id === chatId);
  if (moved && chats.value) chats.value = [moved, ...chats.value.filter((chat) => chat !== moved)];
}

export async function renameChat(chatId: string, title: string | null): Promise<void> {
  putChat(await service.updateChat(chatId, { title }));
}

/** Names a chat after its first message, until the service has made a title of the first exchange. */
export async function nameProvisionally(chatId: string, title: string): Promise<void> {
  putChat(await service.updateChat(chatId, { title, titleIsProvisional: true }));
}

export async function deleteChat(chatId: string): Promise<void> {
  await service.deleteChat(chatId);
  chats.value = (chats.value ?? []).filter(({ id }) => id !== chatId);
}

export async function saveYou(fields: Pick<You, 'name' | 'persona'>): Promise<void> {
  you.value = await service.updateYou(fields);
}

export async function createDocument(fields: DocumentFields): Promise<Document> {
  const created = await service.createDocument(fields);
  documents.value = [...documents.value, created];
  return created;
}
