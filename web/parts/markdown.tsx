import MarkdownIt, { type Token } from 'markdown-it';
import type { AnchorHTMLAttributes, ComponentChildren, OlHTMLAttributes } from 'preact';
import { createElement } from 'preact';
import { memo } from './memo.js';

const markdown = new MarkdownIt({ html: false, linkify: false, breaks: true }).disable(['image', 'entity']);

/** The elements that Markdown may become. Any other token of the parser is shown as text. */
const allowed = new Set([
  'p',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'em',
  'strong',
  's',
  'ul',
  'ol',
  'li',
  'blockquote',
  'hr',
  'br',
  'table',
  'thead',
  'tbody',
  'tr',
  'th',
  'td',
  'a',
]); // prettier-ignore

/**
 * Renders Markdown of models and people. The parser's tokens become elements one by one, so that no text becomes
 * markup: there are no images, no HTML and no styles, and links open only on a click. `chips`: shows `[[markers]]` as
 * tags.
 */
export const Markdown = memo(function Markdown({ text, chips = false }: { text: string; chips?: boolean }) {
  return <div class="prose">{elementsOf(markdown.parse(text, {}), chips)}</div>;
});

type Attributes = AnchorHTMLAttributes<HTMLAnchorElement> | OlHTMLAttributes<HTMLOListElement>;
type Open = { tag: string; attributes: Attributes; children: ComponentChildren[] };

function elementsOf(tokens: readonly Token[], chips: boolean): ComponentChildren[] {
  const root: Open = { tag: '', attributes: {}, children: [] };
  const open = [root];
  const top = () => open.at(-1) ?? root;
  for (const token of tokens) {
    if (token.hidden) continue;
    if (token.nesting === 1) open.push({ tag: token.tag, attributes: attributesOf(token), children: [] });
    else if (token.nesting === -1 && open.length > 1) {
      const { tag, attributes, children } = open.pop() ?? root;
      top().children.push(elementOf(tag, attributes, children));
    } else top().children.push(leafOf(token, chips));
  }
  while (open.length > 1) {
    const { tag, attributes, children } = open.pop() ?? root;
    top().children.push(elementOf(tag, attributes, children));
  }
  return root.children;
}

function elementOf(tag: string, attributes: Attributes, children: ComponentChildren[]): ComponentChildren {
  if (tag === 'a' && !('href' in attributes)) return children;
  return allowed.has(tag) ? createElement(tag, attributes as object, ...children) : children;
}

function leafOf(token: Token, chips: boolean): ComponentChildren {
  switch (token.type) {
    case 'inline':
      return elementsOf(token.children ?? [], chips);
    case 'softbreak':
    case 'hardbreak':
      return <br />;
    case 'hr':
      return <hr />;
    case 'code_inline':
      return <code>{token.content}</code>;
    case 'fence':
    case 'code_block':
      return (
        <pre>
          <code>{token.content}</code>
        </pre>
      );
    default:
      return chips ? withChips(token.content) : token.content;
  }
}

/** The address of a link, and the first number of a list. Every other attribute is dropped. */
function attributesOf(token: Token): Attributes {
  const href = token.tag === 'a' ? String(token.attrGet('href') ?? '') : '';
  if (/^(?:https?|mailto):/i.test(href)) {
    return { href, title: href, target: '_blank', rel: 'noopener noreferrer nofollow' };
  }
  const start = token.tag === 'ol' ? Number(token.attrGet('start')) : Number.NaN;
  return Number.isInteger(start) && start > 1 ? { start } : {};
}

function withChips(text: string): ComponentChildren {
  return text
    .split(/\[\[([^[\]]+)\]\]/)
    .map((part, n) => (n % 2 === 1 ? createElement('span', { class: 'tag' }, part) : part));
}
