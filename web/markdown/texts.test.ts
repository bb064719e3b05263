import { describe, expect, test } from '@jest/globals';
import { splitAtLinks } from './bareLinks.js';
import { highlight } from './highlighter.js';
import { userParts } from './userParts.js';

describe('web addresses in a text', () => {
  const hrefsIn = (text: string) => splitAtLinks(text).flatMap(({ href }) => (href === null ? [] : [href]));

  test.each([
    ['See https://example.org/a_b?c=d#e.', ['https://example.org/a_b?c=d#e']],
    ['(https://en.wikipedia.org/wiki/A_(b))', ['https://en.wikipedia.org/wiki/A_(b)']],
    ['www.example.org, and http://127.0.0.1:3000/x!', ['https://www.example.org', 'http://127.0.0.1:3000/x']],
    ['"https://example.org" <https://example.com>', ['https://example.org', 'https://example.com']],
    ['javascript:alert(1) data:text/html,x ftp://example.org file:///etc', []],
    ['https:// and http://... and www.', []],
    ['xhttps://example.org', []],
  ])('are links, without the punctuation around them: %s', (text, hrefs) => {
    expect(hrefsIn(text)).toEqual(hrefs);
    expect(
      splitAtLinks(text)
        .map((piece) => piece.text)
        .join(''),
    ).toBe(text);
  });
});

describe('a message of the user', () => {
  test('keeps its text as typed, and sets fenced code apart', () => {
    const text = '  Look:\n\n* here\n```ts title="a"\n  const a = 1;\n```\n\nand <b>there</b>\n~~~\nx';
    expect(userParts(text)).toEqual([
      { type: 'text', text: '  Look:\n\n* here', language: '' },
      { type: 'code', text: '  const a = 1;\n', language: 'ts' },
      { type: 'text', text: '\nand <b>there</b>', language: '' },
      { type: 'code', text: 'x', language: '' },
    ]);
    expect(userParts('a `b` c')).toEqual([{ type: 'text', text: 'a `b` c', language: '' }]);
  });
});

describe('the colours of code', () => {
  test('divide it into pieces whose texts joined are the code', () => {
    const code = 'const a = 1 + b.c("d"); // <script>';
    const pieces = highlight(code, 'ts');
    expect(pieces.map(({ text }) => text).join('')).toBe(code);
    expect(pieces).toEqual(expect.arrayContaining([{ kind: 'keyword', text: 'const' }]));
    expect(highlight(code, 'no such language')).toEqual([{ kind: null, text: code }]);
  });
});
