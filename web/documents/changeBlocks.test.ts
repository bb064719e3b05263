import { describe, expect, test } from '@jest/globals';
import { partsOf } from './changeBlocks.js';

const block = '<change><original>a</original><proposed>b</proposed><reason> because </reason></change>';

describe('splitting a reply about a document', () => {
  test('gives prose and change blocks in order', () => {
    expect(partsOf(`Before. ${block} After.`)).toEqual([
      { type: 'prose', text: 'Before. ' },
      { type: 'change', original: 'a', proposed: 'b', reason: 'because' },
      { type: 'prose', text: ' After.' },
    ]);
  });

  test('marks a last block without an end as unfinished', () => {
    expect(partsOf(`Before. ${block.slice(0, 30)}`)).toEqual([
      { type: 'prose', text: 'Before. ' },
      { type: 'unfinished', text: block.slice(0, 30) },
    ]);
  });

  test('keeps a block without a replacement as prose', () => {
    const broken = '<change><original>a</original></change>';
    expect(partsOf(broken)).toEqual([{ type: 'prose', text: broken }]);
  });

  test('gives the blocks of a fence that only wraps them without the fence, and keeps an example as prose', () => {
    expect(partsOf(`So:\n\`\`\`xml\n${block}\n\`\`\``).map(({ type }) => type)).toEqual(['prose', 'change']);
    const example = `\`\`\`\nlike ${block}\n\`\`\``;
    expect(partsOf(example)).toEqual([{ type: 'prose', text: example }]);
  });

  test('counts a block with an empty original only where the document has no text', () => {
    const empty = block.replace('<original>a', '<original>');
    expect(partsOf(empty).map(({ type }) => type)).toEqual(['prose']);
    expect(partsOf(empty, true).map(({ type }) => type)).toEqual(['change']);
  });
});
