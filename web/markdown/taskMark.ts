import type { Token } from 'markdown-it';

/** Takes the mark of a task, `[ ] ` or `[x] `, off the start of a list item. Whether the task is done; null without a mark. */
export function takeTaskMark(inline: Token | undefined): boolean | null {
  const first = inline?.type === 'inline' ? inline.children?.[0] : undefined;
  const mark = first?.type === 'text' ? /^\[([ xX])\][ \u00a0]/.exec(first.content) : null;
  if (!first || !mark) return null;
  first.content = first.content.slice(mark[0].length);
  return mark[1] !== ' ';
}
