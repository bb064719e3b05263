import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { toHtml } from './html.js';

describe('the html of a message', () => {
  it('holds paragraphs and line breaks, with markup escaped', () => {
    expect(toHtml('a <b>\nb & "c"\n\n\n\nsecond')).toBe('<p>a &lt;b&gt;<br>b &amp; &quot;c&quot;</p>\n<p>second</p>');
  });

  it('holds no tag but p and br, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (a, b) => {
        const rest = toHtml(`${a}<script>${b}\n\n'"${a}`).replace(/<\/?p>|<br>/g, '');
        expect(rest).not.toMatch(/[<>"']/);
      }),
    );
  });

  it('is made in time linear in the text, also with long runs of blanks', () => {
    const begun = performance.now();
    toHtml(`${'\n \t'.repeat(100_000)}${' '.repeat(200_000)}x${'\r\n'.repeat(100_000)}`);
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});
