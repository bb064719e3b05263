import { expect, test } from '@jest/globals';
import { resultText } from './resultText.js';

const text = (content: string) => ({ type: 'text', text: content });

test.each<[string, Record<string, unknown>, string]>([
  ['texts, one after the other', { content: [text('a'), text('b')] }, 'a\nb'],
  [
    'the text of an embedded resource with its address and media type',
    {
      content: [
        text('done'),
        { type: 'resource', resource: { uri: 'repo://a/README.md', mimeType: 'text/plain', text: 'THE CONTENT' } },
      ],
    },
    'done\n[resource: repo://a/README.md, text/plain]\nTHE CONTENT',
  ],
  [
    'the media type and the size of a binary resource',
    { content: [{ type: 'resource', resource: { uri: 'x://i', mimeType: 'image/png', blob: 'QUJDRA==' } }] },
    '[resource: x://i, image/png, 4 bytes]',
  ],
  [
    'the name, address and description of a resource link',
    {
      content: [
        { type: 'resource_link', uri: 'x://l', name: 'log', mimeType: 'text/plain', size: 7, description: 'The log.' },
      ],
    },
    '[resource link: log, x://l, text/plain, 7 bytes]\nThe log.',
  ],
  [
    'the media type and the size of an image',
    { content: [{ type: 'image', mimeType: 'image/png', data: 'QUJD' }] },
    '[image: image/png, 3 bytes]',
  ],
  [
    'the media type and the size of audio',
    { content: [{ type: 'audio', mimeType: 'audio/wav', data: 'QUI=' }] },
    '[audio: audio/wav, 2 bytes]',
  ],
  ['structured content where there is no content', { structuredContent: { a: 1 } }, '{"a":1}'],
  [
    'structured content where there is no text',
    { content: [{ type: 'image', mimeType: 'image/png', data: '' }], structuredContent: { a: 1 } },
    '[image: image/png, 0 bytes]\n{"a":1}',
  ],
  ['the text where there is also structured content', { content: [text('a')], structuredContent: { a: 1 } }, 'a'],
  [
    'content of a type that it does not know',
    { content: [{ type: 'chart', data: [1] }] },
    '{"type":"chart","data":[1]}',
  ],
  [
    'the name of a type whose content is too long',
    { content: [{ type: 'chart', data: 'x'.repeat(9_999) }] },
    '[chart: too long to show]',
  ],
  ['content that is no list', { content: text('a') }, 'a'],
  ['the field of the first protocol version', { toolResult: { a: 1 } }, '{"a":1}'],
  ['that there is nothing', { content: [] }, '(The tool returned no content.)'],
])('the text of a tool result holds %s', (_, result, expected) => {
  expect(resultText(result)).toBe(expected);
});
