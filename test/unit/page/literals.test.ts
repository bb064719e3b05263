import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseSync } from '@swc/core';

const web = 'web';

/** Texts that are the same in every language, and words that people do not read. */
const allowed = new Set([
  'durable-turns',
  // Keys, as the browser names them.
  'Enter',
  'Escape',
  'ArrowUp',
  'ArrowDown',
  'ArrowLeft',
  'ArrowRight',
  'Home',
  'End',
  // Requests, types of the browser, names that the service gives.
  'GET',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'If-Match',
  'Files',
  'Notification',
  'You',
]);

/** Attributes that people read or hear. */
const spoken = new Set([
  'aria-label',
  'aria-valuetext',
  'title',
  'placeholder',
  'label',
  'hint',
  'action',
  'message',
  'alt',
]);

const files = readdirSync(web, { recursive: true, encoding: 'utf8' }).filter(
  (file) => /\.tsx?$/.test(file) && !/\.test\.ts$/.test(file) && !file.startsWith('strings/'),
);

/** A text that looks like words for people: a capital letter first, or several words with the marks of a sentence. */
const isProse = (text: string): boolean =>
  /^\W*[A-Z][a-z]/.test(text) || /[a-z]{2,} [a-z]{2,}.*[.!?…]$/.test(text) || /[a-z]’[a-z]/.test(text);

type Node = { type: string } & Record<string, unknown>;

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';

/** What a node of the syntax tree says to people; null where it says nothing. */
function spokenText(node: Node): string | null {
  switch (node.type) {
    case 'JSXText':
      return /\p{L}{2}/u.test(String(node.value)) ? String(node.value) : null;
    case 'StringLiteral':
      return isProse(String(node.value)) ? String(node.value) : null;
    case 'TemplateLiteral': {
      const texts = (node.quasis as { cooked: string }[]).map(({ cooked }) => cooked);
      if (texts[0] === 'Bearer ') return null; // the header of requests
      return texts.some((text) => isProse(text) || /^\W*[a-z]{3,} \w/.test(text)) ? texts.join('…') : null;
    }
    default:
      return null;
  }
}

/** Types and the names of modules are not spoken. Of the attributes with a text only some are. */
function isSilent(node: Node): boolean {
  if (/^(Ts|Import|Export(All|Named))/.test(node.type)) return !/^Ts(As|NonNull|Satisfies|Const)/.test(node.type);
  const { name, value } = node as { name?: { value?: string }; value?: Node };
  if (node.type !== 'JSXAttribute') return false;
  return name?.value === 'class' || (value?.type === 'StringLiteral' && !spoken.has(name?.value ?? ''));
}

/** The literals of a file that a person may read. */
function literalsOf(file: string, source = readFileSync(join(web, file), 'utf8')): string[] {
  const found: string[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return void value.forEach(visit);
    if (!isNode(value)) {
      // Some children, such as the arguments of a call, stand in an object without a type.
      if (typeof value === 'object' && value !== null) Object.values(value).forEach(visit);
      return;
    }
    if (isSilent(value)) return;
    const text = spokenText(value)?.trim();
    if (text && !allowed.has(text)) found.push(`${file}: ${text}`);
    Object.values(value).forEach(visit);
  };
  visit(parseSync(source, { syntax: 'typescript', tsx: file.endsWith('x') }));
  return found;
}

test('the search for words of the page finds them in texts, attributes, sentences and templates', () => {
  const source = `const A = ({ n, ok }) => (
    <p class="row between" id="a" aria-label="Chats">
      Hello <i title={ok ? 'Yes please' : 'row end'}>{\`\${n} more entries\`}</i>
    </p>
  );
  notify('it was sent.');`;
  expect(literalsOf('a.tsx', source)).toEqual([
    'a.tsx: Chats',
    'a.tsx: Hello',
    'a.tsx: Yes please',
    'a.tsx: … more entries',
    'a.tsx: it was sent.',
  ]);
});

test('every word that the page shows comes from web/strings', () => {
  expect(files.length).toBeGreaterThan(100);
  expect(files.flatMap((file) => literalsOf(file))).toEqual([]);
});
