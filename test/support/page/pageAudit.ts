import axe from 'axe-core';
import type { Page } from 'playwright-core';

const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/**
 * Elements that only markup in a text could have added: elements that run or fetch something, event handler
 * attributes, and links to anything but http addresses, chats, the API docs and the metrics.
 */
export const foreignMarkup = (page: Page): Promise<string[]> =>
  page.evaluate(`(() => {
    const found = [];
    const foreign = 'script, iframe, frame, object, embed, svg:not(.pin, .icon), math:not(.formula math), video, audio, source, style, link, meta, base, ' +
      'template, portal, marquee, b, x-y, img:not([src="/icon.svg"], .avatar-image[src^="blob:"])';
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

/** Opens every `details` element, so that its content is checked too. */
export const openAllDetails = (page: Page): Promise<void> =>
  page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true;");

type Violation = { id: string; nodes: { target: string[]; failureSummary?: string }[] };

/** Violations of WCAG 2.2, levels A and AA, that axe finds on the page. */
export async function accessibilityViolations(page: Page): Promise<string[]> {
  if (!(await page.evaluate('"axe" in globalThis'))) await page.evaluate(axe.source);
  const { violations, passes } = await page.evaluate<{ violations: Violation[]; passes: unknown[] }>(
    `axe.run(document, { runOnly: ${JSON.stringify(rules)}, resultTypes: ['violations'] })`,
  );
  if (passes.length < 10) throw new Error(`only ${passes.length} axe rules applied: the page did not render`);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary = '' }) => `${id} ${target.join(' ')}: ${failureSummary.split('\n').at(-1)}`),
  );
}
