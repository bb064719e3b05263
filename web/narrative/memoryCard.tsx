import { useSignal } from '@preact/signals';
import type { Memory } from '../../client/src/index.js';
import { nameOf } from '../data/library.js';
import { formatTime } from '../parts/labels.js';
import { memo } from '../parts/memo.js';

/** Beyond this a text is folded: about six lines of the panel. */
const foldedLength = 260;
const foldedLines = 6;

type MemoryCardProps = { memory: Memory; scene: string | null };

export const MemoryCard = memo(function MemoryCard({ memory, scene }: MemoryCardProps) {
  const { text, witnesses, pinned, significance, at } = memory;
  const unfolded = useSignal(false);
  const long = text.length > foldedLength || text.split('\n').length > foldedLines;
  return (
    <article class={pinned ? 'memory pinned' : 'memory'}>
      <header class="row">
        <SignificanceDots significance={significance} />
        {pinned ? (
          <span class="tag warn">
            <Pin />
            Pinned
          </span>
        ) : null}
        <time class="hint" dateTime={at}>
          {formatTime(at)}
        </time>
      </header>
      <p class={long && !unfolded.value ? 'plain memory-text folded' : 'plain memory-text'}>{text}</p>
      {long ? (
        <button
          type="button"
          class="quiet more"
          aria-expanded={unfolded.value}
          onClick={() => (unfolded.value = !unfolded.value)}
        >
          {unfolded.value ? 'Show less' : 'Show more'}
        </button>
      ) : null}
      <p class="hint">
        {witnesses.length > 0 ? `Remembered by ${witnesses.map(nameOf).join(' and ')}` : 'Nobody was there'}
        {scene ? ` · ${scene}` : null}
      </p>
    </article>
  );
});

const Pin = () => (
  <svg class="pin" viewBox="0 0 16 16" aria-hidden="true">
    <path d="M5 1h6v1.5l-1 1V8l2.5 2v1.5H8.75V15h-1.5v-3.5H3.5V10L6 8V3.5l-1-1z" />
  </svg>
);

const weights = ['forgettable', 'worth a thought', 'important', 'unforgettable'];

/** 0 to 3 as filled dots; all hollow and dashed while it is not weighed. */
function SignificanceDots({ significance }: { significance: number | null }) {
  const label =
    significance === null ? 'Not weighed yet' : `Weight ${significance} of 3: ${weights[significance] ?? ''}`;
  return (
    <span
      class={significance === null ? 'weight-dots unknown' : 'weight-dots'}
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
