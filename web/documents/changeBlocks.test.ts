import { describe, expect, test } from '@jest/globals';
import { partsOf } from './changeBlocks.js';

const block = '<change><original>a</original><proposed>b</proposed><reason> because </reason></change>';

describe('a reply about a document', () => {
  test('is prose and blocks in their order', () => {
    expect(partsOf(`Before. ${block} After.`)).toEqual([
      { type: 'prose', text: 'Before. ' },
      { type: 'change', original: 'a', proposed: 'b', reason: 'because' },
      { type: 'prose', text: ' After.' },
    ]);
  });

  test('whose last block has not come to its end shows it as being written', () => {
    expect(partsOf(`Before. ${block.slice(0, 30)}`)).toEqual([
      { type: 'prose', text: 'Before. ' },
      { type: 'unfinished', text: block.slice(0, 30) },
    ]);
  });

  test('keeps a block that is none as the text that it is', () => {
    const broken = '<change><original>a</original></change>';
    expect(partsOf(broken)).toEqual([{ type: 'prose', text: broken }]);
  });
});
