import { nameOf } from '../data/library.js';

/** One of a few colours, the same for the same person: a class, which the style sheet knows. */
function hueOf(id: string): number {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + character.charCodeAt(0)) % 9973;
  return sum % 6;
}

/** Who speaks: their first letter, and their name. */
export function Speaker({ id, remark }: { id: string; remark?: string | undefined }) {
  const name = nameOf(id);
  return (
    <div class="speaker">
      <span class={`face hue-${hueOf(id)}`} aria-hidden="true">
        {[...name][0]?.toUpperCase() ?? '?'}
      </span>
      <span class="speaker-name">{name}</span>
      {remark && <span class="speaker-remark">{remark}</span>}
    </div>
  );
}
