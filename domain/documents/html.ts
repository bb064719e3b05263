/**
 * `&` must be first, otherwise it is escaped twice. Splitting is faster than a pattern for long texts full of entities.
 */
const entities: [string, string][] = [
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
];
const escapeHtml = (text: string) =>
  entities.reduce((escaped, [character, entity]) => escaped.split(character).join(entity), text);

/**
 * Text as escaped HTML. Blank lines separate paragraphs, other line ends become `<br>`. The text contains no markup.
 */
export function toHtml(text: string): string {
  const paragraphs: string[] = [];
  for (const part of escapeHtml(text).split(/\r?\n(?:[ \t]*\r?\n)+/)) {
    const paragraph = part.trim();
    if (paragraph === '') continue;
    paragraphs.push(`<p>${paragraph.includes('\n') ? paragraph.replace(/\r?\n/g, '<br>') : paragraph}</p>`);
  }
  return paragraphs.join('\n');
}
