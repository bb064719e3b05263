import { useSignal } from '@preact/signals';
import type { Memory } from '../../../client/src/index.js';
import { nameOf } from '../../data/library.js';
import { memo } from '../../parts/memo.js';
import { t } from '../../strings/strings.js';
import { MemoryActions } from './memoryActions.js';
import { EditMemory } from './memoryForm.js';

/** A longer text is folded: about six lines of the panel. */
const foldedLength = 260;
const foldedLines = 6;

type MemoryCardProps = { chatId: string; memory: Memory; scene: string | null };

export const MemoryCard = memo(function MemoryCard({ chatId, memory, scene }: MemoryCardProps) {
  const { text, witnesses, pinned, significance, at } = memory;
  const isExpanded = useSignal(false);
  const isEditing = useSignal(false);
  const isLong = text.length > foldedLength || text.split('\n').length > foldedLines;
  if (isEditing.value) return <EditMemory chatId={chatId} memory={memory} onDone={() => (isEditing.value = false)} />;
  return (
    <article class={pinned ? 'memory pinned' : 'memory'}>
      <header class="row">
        <SignificanceDots significance={significance} />
        {pinned ? (
          <span class="tag warn">
            <Pin />
            {t().narrative.pinned}
          </span>
        ) : null}
        <time class="hint" dateTime={at}>
          {t().formats.time(at)}
        </time>
      </header>
      <p class={isLong && !isExpanded.value ? 'plain memory-text folded' : 'plain memory-text'}>{text}</p>
      {isLong ? (
        <button
          type="button"
          class="quiet more"
          aria-expanded={isExpanded.value}
          onClick={() => (isExpanded.value = !isExpanded.value)}
        >
          {isExpanded.value ? t().narrative.showLess : t().narrative.showMore}
        </button>
      ) : null}
      <p class="hint">
        {witnesses.length > 0 ? t().narrative.rememberedByAll(witnesses.map(nameOf)) : t().narrative.noWitnesses}
        {scene ? ` · ${scene}` : null}
      </p>
      <MemoryActions chatId={chatId} memory={memory} onEdit={() => (isEditing.value = true)} />
    </article>
  );
});

const Pin = () => (
  <svg class="pin" viewBox="0 0 16 16" aria-hidden="true">
    <path d="M5 1h6v1.5l-1 1V8l2.5 2v1.5H8.75V15h-1.5v-3.5H3.5V10L6 8V3.5l-1-1z" />
  </svg>
);

/** A significance of 0 to 3 as filled dots; null, not rated yet, as dashed ones. */
function SignificanceDots({ significance }: { significance: number | null }) {
  const label = significance === null ? t().narrative.importanceNotRated : t().narrative.importanceOf(significance);
  return (
    <span
      class={significance === null ? 'significance-dots unknown' : 'significance-dots'}
      role="img"
      aria-label={label}
      title={label}
    >
      {[1, 2, 3].map((dot) => (
        <span key={dot} class={significance !== null && dot <= significance ? 'dot filled' : 'dot'} />
      ))}
    </span>
  );
}
