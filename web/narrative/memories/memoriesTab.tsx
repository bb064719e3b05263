import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import type { Chat, Memory } from '../../../client/src/index.js';
import { nameOf } from '../../data/library.js';
import type { OpenChat } from '../../data/stream/openChat.js';
import { QueryStatus, Section } from '../../panel/section.js';
import { t } from '../../strings/strings.js';
import { witnessesOf } from '../participants.js';
import { useScenes } from '../story/useScenes.js';
import { MemoryCard } from './memoryCard.js';
import { NewMemory } from './memoryForm.js';
import { useMemories } from './useMemories.js';

const pageSize = 50;

export function MemoriesTab({ chat, about }: { chat: OpenChat; about: Chat }) {
  const { query, newestFirst } = useMemories(chat);
  const scenes = useScenes(chat).value.value ?? [];
  const search = useSignal('');
  const shownCount = useSignal(pageSize);
  const containers = new Map(scenes.map(({ id, container }) => [id, container]));
  const sceneOf = ({ sceneId }: Memory) => (sceneId === null ? null : (containers.get(sceneId) ?? null));
  const all = newestFirst.value;
  const found = all.filter((memory) => matches(memory, sceneOf(memory), search.value));
  const pinned = found.filter((memory) => memory.pinned);
  const others = found.filter((memory) => !memory.pinned);
  const shown = others.slice(0, shownCount.value);

  if (query.value.value === null || query.failure.value)
    return <QueryStatus query={query} notRead={t().narrative.notRead.memories} />;
  const newMemory = (
    <div class="new-memory">
      <NewMemory chatId={chat.id} witnesses={witnessesOf(about)} />
    </div>
  );
  if (all.length === 0) {
    return (
      <>
        <p class="empty">{t().narrative.noMemories}</p>
        {newMemory}
      </>
    );
  }
  return (
    <>
      {newMemory}
      <SearchBox search={search} found={found.length} all={all.length} />
      {pinned.length > 0 ? (
        <Section title={t().narrative.pinned}>
          <MemoryList chatId={chat.id} memories={pinned} sceneOf={sceneOf} />
        </Section>
      ) : null}
      {shown.length > 0 ? (
        <Section title={pinned.length > 0 ? t().narrative.otherMemories : t().narrative.memories}>
          <MemoryList chatId={chat.id} memories={shown} sceneOf={sceneOf} />
        </Section>
      ) : null}
      {found.length === 0 ? <p class="empty">{t().narrative.noneFound}</p> : null}
      {others.length > shown.length ? (
        <button type="button" class="button show-older" onClick={() => (shownCount.value += pageSize)}>
          {t().narrative.showOlder(others.length - shown.length)}
        </button>
      ) : null}
    </>
  );
}

type SearchBoxProps = { search: { value: string }; found: number; all: number };

function SearchBox({ search, found, all }: SearchBoxProps) {
  const id = useId();
  return (
    <div class="filter">
      <label class="hidden" for={id}>
        {t().narrative.searchMemories}
      </label>
      <input
        id={id}
        type="search"
        placeholder={t().narrative.searchMemories}
        value={search.value}
        onInput={(event) => (search.value = event.currentTarget.value)}
      />
      <p class="hint" role="status">
        {search.value.trim() === '' ? t().narrative.countMemories(all) : t().narrative.foundOf(found, all)}
      </p>
    </div>
  );
}

type MemoryListProps = { chatId: string; memories: readonly Memory[]; sceneOf(memory: Memory): string | null };

function MemoryList({ chatId, memories, sceneOf }: MemoryListProps) {
  return (
    <ol class="memories">
      {memories.map((memory) => (
        <li key={memory.id}>
          <MemoryCard chatId={chatId} memory={memory} scene={sceneOf(memory)} />
        </li>
      ))}
    </ol>
  );
}

/** Whether every word of the search occurs in the text, the scene or the witnesses of a memory. */
function matches({ text, witnesses }: Memory, scene: string | null, search: string): boolean {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const shown = [text, scene ?? '', ...witnesses.map(nameOf)].join('\n').toLowerCase();
  return words.every((word) => shown.includes(word));
}
