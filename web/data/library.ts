import { computed, signal } from '@preact/signals';
import { backoffMs, isTransient } from '../../client/src/index.js';
import { call, get, list, messageOf } from './api.js';
import type { Character, Chat, Document, DocumentHead, Tool, You } from './resources.js';

/** What belongs to the owner: chats, newest first, and who is in them. */
export const chats = signal<readonly Chat[] | null>(null);
export const characters = signal<readonly Character[]>([]);
export const you = signal<You | null>(null);
export const documents = signal<readonly DocumentHead[]>([]);
export const tools = signal<readonly Tool[]>([]);
/** Why there is no list of chats. */
export const libraryFailure = signal<string | null>(null);

const names = computed(() => new Map(characters.value.map(({ id, name }) => [id, name])));

/** What someone is called: the user, a character, or whoever answers in chats without characters. */
export function nameOf(id: string): string {
  if (id === 'you') return you.value?.name ?? 'You';
  if (id === 'assistant') return 'Assistant';
  return names.value.get(id) ?? 'Someone';
}

export function titleOf(chat: Chat): string {
  if (chat.title) return chat.title;
  switch (chat.kind) {
    case 'narrative':
      return chat.hostId ? [chat.hostId, chat.guestId].flatMap((id) => (id ? [nameOf(id)] : [])).join(' and ') : 'Chat';
    case 'document':
      return documents.value.find(({ id }) => id === chat.documentId)?.title ?? 'Document';
    case 'agent':
      return 'Agent';
    case 'relay':
      return 'Relay';
  }
}

const retry = { firstMs: 1_000, maxMs: 10_000 };
let again: number | undefined;

/** Reads all that belongs to the owner; what could not be read stays as it was, and is read again. */
export async function loadLibrary(tries = 0): Promise<void> {
  clearTimeout(again);
  try {
    const [chatsRead, charactersRead, youRead, documentsRead] = await Promise.all([
      list<Chat>('/v1/chats'),
      list<Character>('/v1/characters?fields=body'),
      get<You>('/v1/you'),
      list<DocumentHead>('/v1/documents'),
    ]);
    chats.value = chatsRead.reverse();
    characters.value = charactersRead;
    you.value = youRead;
    documents.value = documentsRead;
    libraryFailure.value = null;
  } catch (error) {
    libraryFailure.value = messageOf(error);
    if (isTransient(error)) again = setTimeout(() => void loadLibrary(tries + 1), backoffMs(tries, retry));
  }
}

export async function loadTools(): Promise<void> {
  tools.value = await list<Tool>('/v1/tools');
}

/** A chat that was made here, or has changed. */
export function putChat(chat: Chat): void {
  const others = (chats.value ?? []).filter(({ id }) => id !== chat.id);
  const at = chats.value?.findIndex(({ id }) => id === chat.id) ?? -1;
  chats.value = at < 0 ? [chat, ...others] : others.toSpliced(at, 0, chat);
}

export async function renameChat(chatId: string, title: string | null): Promise<void> {
  putChat(await call<Chat>('PATCH', `/v1/chats/${chatId}`, { body: { title } }));
}

export async function deleteChat(chatId: string): Promise<void> {
  await call('DELETE', `/v1/chats/${chatId}`);
  chats.value = (chats.value ?? []).filter(({ id }) => id !== chatId);
}

export async function saveCharacter(id: string | null, fields: Pick<Character, 'name' | 'persona' | 'greeting'>) {
  const saved = await (id
    ? call<Character>('PATCH', `/v1/characters/${id}`, { body: fields })
    : call<Character>('POST', '/v1/characters', { body: fields }));
  const known = characters.value.some((character) => character.id === saved.id);
  characters.value = known
    ? characters.value.map((character) => (character.id === saved.id ? saved : character))
    : [...characters.value, saved];
  return saved;
}

export async function saveYou(fields: Pick<You, 'name' | 'persona'>): Promise<void> {
  you.value = await call<You>('PUT', '/v1/you', { body: fields });
}

export async function createDocument(fields: Pick<Document, 'title' | 'body'>): Promise<Document> {
  const created = await call<Document>('POST', '/v1/documents', { body: fields });
  documents.value = [...documents.value, created];
  return created;
}
