import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import type { Memory } from '../../client/src/index.js';
import { nameOf } from '../data/library.js';
import type { OpenChat } from '../data/openChat.js';
import { Section, Waiting } from '../panel/section.js';
import { MemoryCard } from './memoryCard.js';
import { useMemories } from './useMemories.js';
import { useScenes } from './useScenes.js';

const step = 50;

export function MemoriesTab({ chat }: { chat: OpenChat }) {
  const { followed, newestFirst } = useMemories(chat);
  const scenes = useScenes(chat).value.value ?? [];
  const wanted = useSignal('');
  const most = useSignal(step);
  const containers = new Map(scenes.map(({ id, container }) => [id, container]));
  const sceneOf = ({ sceneId }: Memory) => (sceneId === null ? null : (containers.get(sceneId) ?? null));
  const all = newestFirst.value;
  const found = all.filter((memory) => matches(memory, sceneOf(memory), wanted.value));
  const pinned = found.filter((memory) => memory.pinned);
  const others = found.filter((memory) => !memory.pinned);
  const shown = others.slice(0, most.value);

  if (followed.value.value === null || followed.failure.value) return <Waiting followed={followed} what="Memories" />;
  if (all.length === 0) {
    return <p class="empty">Nobody remembers anything yet. Memories are written as the story goes on.</p>;
  }
  return (
    <>
      <Filter wanted={wanted} found={found.length} all={all.length} />
      {pinned.length > 0 ? (
        <Section title="Pinned">
          <MemoryList memories={pinned} sceneOf={sceneOf} />
        </Section>
      ) : null}
      {shown.length > 0 ? (
        <Section title={pinned.length > 0 ? 'Others' : 'Memories'}>
          <MemoryList memories={shown} sceneOf={sceneOf} />
        </Section>
      ) : null}
      {found.length === 0 ? <p class="empty">No memory has these words.</p> : null}
      {others.length > shown.length ? (
        <button type="button" class="button show-older" onClick={() => (most.value += step)}>
          Show older ({others.length - shown.length} more)
        </button>
      ) : null}
    </>
  );
}

type FilterProps = { wanted: { value: string }; found: number; all: number };

function Filter({ wanted, found, all }: FilterProps) {
  const id = useId();
  return (
    <div class="filter">
      <label class="hidden" for={id}>
        Find memories
      </label>
      <input
        id={id}
        type="search"
        placeholder="Find memories by words or names"
        value={wanted.value}
        onInput={(event) => (wanted.value = event.currentTarget.value)}
      />
      <p class="hint" role="status">
        {wanted.value.trim() === '' ? `${all} ${all === 1 ? 'memory' : 'memories'}` : `${found} of ${all}`}
      </p>
    </div>
  );
}

type MemoryListProps = { memories: readonly Memory[]; sceneOf(memory: Memory): string | null };

function MemoryList({ memories, sceneOf }: MemoryListProps) {
  return (
    <ol class="memories">
      {memories.map((memory) => (
        <li key={memory.id}>
          <MemoryCard memory={memory} scene={sceneOf(memory)} />
        </li>
      ))}
    </ol>
  );
}

/** Whether all the words occur in what is shown of a memory. */
function matches({ text, witnesses }: Memory, scene: string | null, wanted: string): boolean {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const shown = [text, scene ?? '', ...witnesses.map(nameOf)].join('\n').toLowerCase();
  return words.every((word) => shown.includes(word));
}
