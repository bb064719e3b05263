import { describe, expect, test } from '@jest/globals';
import { textBreach } from '../../../scripts/chaos/checks/text.js';

describe("the check of a reply's text in a chaos run", () => {
  test.each([
    ['a whole text', '7:0 7:1 7:2 '],
    ['a text that a stop cut in the middle of a word', '7:0 7:1 7:'],
    ['a text with a change block', '7:0 7:1 <change><original>9:9 </original></change>'],
    ["a text with a provider's error", '7:0 7:1 \n\n[Provider error: 9:9 ]'],
    ['no text', ''],
  ])('accepts %s', (_, text) => {
    expect(textBreach(text, 1)).toEqual([]);
  });

  test.each([
    ['a text made of two requests', '7:0 7:1 8:2 8:3 '],
    ['a second request from its beginning', '7:0 7:1 8:0 8:1 '],
    ['a repeated word', '7:0 7:1 7:1 7:2 '],
    ['a text that starts over', '7:0 7:1 7:0 7:1 '],
    ['a gap', '7:0 7:2 '],
    ['a text without its beginning', '7:1 7:2 '],
  ])('refuses %s', (_, text) => {
    expect(textBreach(text, 1)).toHaveLength(1);
  });

  test('accepts the text of two requests where an agent made two, and of no third', () => {
    expect(textBreach('7:0 7:1 8:0 8:1 ', 2)).toEqual([]);
    expect(textBreach('7:0 7:1 8:0 8:1 9:0 ', 2)).toHaveLength(1);
  });
});
