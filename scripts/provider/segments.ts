type Segment = { kind: string; text: string };

/** Marked parts of role-play prose: "dialogue", *action* and ~thought~. The rest is narration. */
const marked = /"[^"\n]+"|“[^“”\n]+”|\*[^*\n]+\*|~[^~\n]+~/g;
const kinds: Record<string, string> = { '"': 'dialogue', '“': 'dialogue', '*': 'action', '~': 'thought' };

export function toSegments(prose: string): Segment[] {
  const segments: Segment[] = [];
  let at = 0;
  const take = (kind: string, text: string) => {
    if (text.trim()) segments.push({ kind, text: text.trim() });
  };
  for (const match of prose.matchAll(marked)) {
    take('narration', prose.slice(at, match.index));
    take(kinds[match[0][0]!] ?? 'narration', match[0]);
    at = match.index + match[0].length;
  }
  take('narration', prose.slice(at));
  return segments.slice(0, 1_000);
}
