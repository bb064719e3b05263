import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { characters } from '../data/characters.js';
import { readAvatar } from './files.js';

/** An avatar as the page shows it. `url`: null while it is read, and where it can not be read. */
type Shown = { version: string; url: string | null };

const shown = signal<ReadonlyMap<string, Shown>>(new Map());

function put(id: string, next: Shown): void {
  const before = shown.peek().get(id)?.url;
  if (before) URL.revokeObjectURL(before);
  shown.value = new Map(shown.value).set(id, next);
}

/** Reads an avatar, unless this version of it was asked for before. */
async function load(id: string, version: string): Promise<void> {
  if (shown.peek().get(id)?.version === version) return;
  put(id, { version, url: null });
  const image = await readAvatar(id).catch(() => null);
  if (image && shown.peek().get(id)?.version === version) put(id, { version, url: URL.createObjectURL(image) });
}

/** The avatar of a character, to be laid over its initial; nothing where it has none. */
export function AvatarImage({ id }: { id: string }) {
  const version = characters.value.find((character) => character.id === id && character.hasAvatar)?.updatedAt;
  useEffect(() => {
    if (version !== undefined) void load(id, version);
  }, [id, version]);
  const url = version === undefined ? null : shown.value.get(id)?.url;
  return url ? <img class="avatar-image" src={url} alt="" /> : null;
}
