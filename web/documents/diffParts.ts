import { diffWordsWithSpace } from 'diff';

export type DiffPart = { kind: 'same' | 'removed' | 'added'; text: string };

/** Beyond these bounds a comparison by words is slow and hard to read: the whole text counts as replaced. */
const limits = { maxEditLength: 2_000, timeout: 150 };

/**
 * The difference between two texts, by words. Words that are replaced one after another are one replacement, first all
 * that is removed and then all that is added, so that both can be read.
 */
export function diffParts(original: string, proposed: string): DiffPart[] {
  const found = diffWordsWithSpace(original, proposed, limits);
  if (!found) return withReplacement([], original, proposed);
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
      withReplacement(parts, removed, added);
      parts.push({ kind: 'same', text: value });
      removed = '';
      added = '';
    }
  });
  return withReplacement(parts, removed, added);
}

type Found = ReturnType<typeof diffWordsWithSpace>[number];

const isGap = (text: string): boolean => /^[^\S\n]+$/.test(text);

/** Whether the next two parts are a removal and an addition. */
const isReplaced = (next: Found | undefined, afterNext: Found | undefined): boolean =>
  Boolean((next?.removed && afterNext?.added) || (next?.added && afterNext?.removed));

function withReplacement(parts: DiffPart[], removed: string, added: string): DiffPart[] {
  if (removed !== '') parts.push({ kind: 'removed', text: removed });
  if (added !== '') parts.push({ kind: 'added', text: added });
  return parts;
}
