import { diffWordsWithSpace } from 'diff';

export type DiffPart = { kind: 'same' | 'removed' | 'added'; text: string };

/** Beyond this a comparison by words says less than the two texts do, and takes long. */
const limits = { maxEditLength: 2_000, timeout: 150 };

/**
 * A change word by word. Words that are replaced one after another are told as one replacement: what is taken out
 * first, then what is put in, so that each can be read.
 */
export function diffParts(original: string, proposed: string): DiffPart[] {
  const found = diffWordsWithSpace(original, proposed, limits);
  if (!found) return written([], original, proposed);
  const parts: DiffPart[] = [];
  let removed = '';
  let added = '';
  found.forEach(({ value, added: isAdded, removed: isRemoved }, n) => {
    if (isRemoved) removed += value;
    else if (isAdded) added += value;
    else if (isGap(value) && removed + added !== '' && isReplaced(found[n + 1], found[n + 2])) {
      removed += value;
      added += value;
    } else {
      written(parts, removed, added);
      parts.push({ kind: 'same', text: value });
      removed = '';
      added = '';
    }
  });
  return written(parts, removed, added);
}

type Found = ReturnType<typeof diffWordsWithSpace>[number];

const isGap = (text: string): boolean => /^[^\S\n]+$/.test(text);

/** Whether what follows takes some out and puts some in. */
const isReplaced = (next: Found | undefined, afterNext: Found | undefined): boolean =>
  Boolean((next?.removed && afterNext?.added) || (next?.added && afterNext?.removed));

function written(parts: DiffPart[], removed: string, added: string): DiffPart[] {
  if (removed !== '') parts.push({ kind: 'removed', text: removed });
  if (added !== '') parts.push({ kind: 'added', text: added });
  return parts;
}
