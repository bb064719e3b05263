import { computed, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Character } from '../../client/src/index.js';
import { tryOrNotify } from './notices.js';
import { type CharacterFields, type ListedCharacter, service } from './service.js';

/** Lists come without personas and greetings, which may be long: those are read one character at a time. */
export const characters = signal<readonly ListedCharacter[]>([]);
const details = signal<ReadonlyMap<string, Character>>(new Map());

const names = computed(() => new Map(characters.value.map(({ id, name }) => [id, name])));
export const nameOfCharacter = (id: string): string | undefined => names.value.get(id);

export async function loadCharacters(): Promise<void> {
  characters.value = await service.listCharacters();
}

/** A character with its persona and greeting; null until they are read, and where there is no such character. */
export function useCharacter(id: string | null): Character | null {
  const updatedAt = characters.value.find((character) => character.id === id)?.updatedAt;
  useEffect(() => {
    if (id === null || updatedAt === undefined || details.peek().get(id)?.updatedAt === updatedAt) return;
    void tryOrNotify(async () => putDetails(await service.getCharacter(id)));
  }, [id, updatedAt]);
  return id === null || updatedAt === undefined ? null : (details.value.get(id) ?? null);
}

/** Creates a character, or changes the one with this id. */
export async function saveCharacter(id: string | null, fields: CharacterFields): Promise<Character> {
  const saved = await (id ? service.updateCharacter(id, fields) : service.createCharacter(fields));
  putCharacter(saved);
  return saved;
}

/** Adds a new character, or replaces one that has changed. */
export function putCharacter(saved: Character): void {
  putDetails(saved);
  const isListed = characters.value.some((character) => character.id === saved.id);
  characters.value = isListed
    ? characters.value.map((character) => (character.id === saved.id ? saved : character))
    : [...characters.value, saved];
}

export async function deleteCharacter(id: string): Promise<void> {
  await service.deleteCharacter(id);
  characters.value = characters.value.filter((character) => character.id !== id);
}

function putDetails(character: Character): void {
  details.value = new Map(details.value).set(character.id, character);
}
