import axe from 'axe-core';
import type { Page } from 'playwright-core';

const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/**
 * What is on the page that only markup in a text could have put there: elements that run or fetch, attributes that
 * are handlers, and links that lead anywhere but out by http, or to a chat. None, as it should be.
 */
export const strangers = (page: Page): Promise<string[]> =>
  page.evaluate(`(() => {
    const found = [];
    const foreign = 'script, iframe, frame, object, embed, svg:not(.pin), math, video, audio, source, style, link, meta, base, ' +
      'template, portal, marquee, b, x-y, img:not([src="/icon.svg"])';
    for (const element of document.body.querySelectorAll('*')) {
      if (element.matches(foreign)) found.push(element.outerHTML.slice(0, 120));
      for (const { name, value } of element.attributes) {
        if (/^on/i.test(name) || ['srcdoc', 'formaction', 'action', 'background', 'ping'].includes(name)) {
          found.push(element.tagName + ' ' + name);
        }
        if (name === 'href' && !/^(https?:|mailto:|#chat_|[/](docs|metrics)$)/.test(value)) found.push('href ' + value);
      }
    }
    if (globalThis.pwned) found.push('pwned: ' + globalThis.pwned);
    return found;
  })()`);

/** Opens all that is folded, so that what is in it is on the page too. */
export const unfold = (page: Page): Promise<void> =>
  page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true;");

type Violation = { id: string; nodes: { target: string[]; failureSummary?: string }[] };

/** What of the page is against WCAG 2.2, levels A and AA, as far as a program can tell. */
export async function inaccessible(page: Page): Promise<string[]> {
  if (!(await page.evaluate('"axe" in globalThis'))) await page.evaluate(axe.source);
  const { violations, passes } = await page.evaluate<{ violations: Violation[]; passes: unknown[] }>(
    `axe.run(document, { runOnly: ${JSON.stringify(rules)}, resultTypes: ['violations'] })`,
  );
  if (passes.length < 10) throw new Error(`of all the rules only ${passes.length} found something to look at`);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary = '' }) => `${id} ${target.join(' ')}: ${failureSummary.split('\n').at(-1)}`),
  );
}
