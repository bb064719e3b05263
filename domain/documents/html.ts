/** `&` first, or it would be escaped twice. Splitting is the fastest way where all of a long text is to be escaped. */
const entities: [string, string][] = [
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
];
const escapeHtml = (text: string) =>
  entities.reduce((escaped, [character, entity]) => escaped.split(character).join(entity), text);

/** Blank lines part paragraphs, other line ends break lines; nothing in the text is taken as markup. */
export function toHtml(text: string): string {
  const paragraphs: string[] = [];
  for (const part of escapeHtml(text).split(/\r?\n(?:[ \t]*\r?\n)+/)) {
    const paragraph = part.trim();
    if (paragraph === '') continue;
    paragraphs.push(`<p>${paragraph.includes('\n') ? paragraph.replace(/\r?\n/g, '<br>') : paragraph}</p>`);
  }
  return paragraphs.join('\n');
}
