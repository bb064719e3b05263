import MarkdownIt from 'markdown-it';

/** A part of a message of the user. Its text stays as it was typed; only code between fences is set apart. */
export type UserPart = { type: 'text' | 'code'; text: string; language: string };

const fences = new MarkdownIt('zero').enable('fence');

/** The parts in order. Blank lines around code belong to none. */
export function userParts(text: string): UserPart[] {
  if (!/^ {0,3}(?:```|~~~)/m.test(text)) return [textPart(text)];
  const lines = text.split('\n');
  const parts: UserPart[] = [];
  let from = 0;
  for (const { type, map, content, info } of fences.parse(text, {})) {
    if (type !== 'fence' || !map) continue;
    parts.push(textPart(lines.slice(from, map[0]).join('\n')));
    parts.push({ type: 'code', text: content, language: languageOf(info) });
    from = map[1];
  }
  parts.push(textPart(lines.slice(from).join('\n')));
  return parts.filter((part) => part.type === 'code' || part.text.trim() !== '');
}

const textPart = (text: string): UserPart => ({ type: 'text', text, language: '' });

/** The first word after a fence: `ts title="a"` is `ts`. At most 30 characters. */
export const languageOf = (info: string): string => /^[^\s{}]{1,30}/.exec(info.trim())?.[0] ?? '';
