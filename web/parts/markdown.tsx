import MarkdownIt, { type Token } from 'markdown-it';
import type { ComponentChildren, HTMLAttributes } from 'preact';
import { createElement } from 'preact';
import { mayHaveLinks } from '../markdown/bareLinks.js';
import { CodeBlock } from '../markdown/codeBlock.js';
import { Formula } from '../markdown/math.js';
import { addMath } from '../markdown/mathRules.js';
import { takeTaskMark } from '../markdown/taskMark.js';
import { linkTo, TextWithLinks } from '../markdown/textWithLinks.js';
import { languageOf } from '../markdown/userParts.js';
import { t } from '../strings/strings.js';
import { memo } from './memo.js';

const markdown = new MarkdownIt({ html: false, linkify: false, breaks: true }).disable(['image', 'entity']);
addMath(markdown);

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

type Attributes = HTMLAttributes & { href?: string; start?: number };
type Open = { tag: string; attributes: Attributes; children: ComponentChildren[] };

function elementsOf(tokens: readonly Token[], chips: boolean): ComponentChildren[] {
  const root: Open = { tag: '', attributes: {}, children: [] };
  const open = [root];
  const top = () => open.at(-1) ?? root;
  const close = () => {
    const { tag, attributes, children } = open.pop() ?? root;
    top().children.push(elementOf(tag, attributes, children));
  };
  tokens.forEach((token, at) => {
    if (token.tag === 'li' && token.nesting === 1) {
      open.push({ tag: 'li', attributes: attributesOf(token), children: taskMark(tokens[at + 2]) });
    } else if (token.hidden) return;
    else if (token.nesting === 1) open.push({ tag: token.tag, attributes: attributesOf(token), children: [] });
    else if (token.nesting === -1 && open.length > 1) close();
    else
      top().children.push(
        leafOf(
          token,
          chips,
          open.some(({ tag }) => tag === 'a'),
        ),
      );
  });
  while (open.length > 1) close();
  return root.children;
}

function elementOf(tag: string, attributes: Attributes, children: ComponentChildren[]): ComponentChildren {
  if (tag === 'a' && !('href' in attributes)) return children;
  if (!allowed.has(tag)) return children;
  const element = createElement(tag, attributes as object, ...children);
  if (tag !== 'table') return element;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="table-scroll" tabIndex={0} aria-label={t().common.table}>
      {element}
    </section>
  );
}

function leafOf(token: Token, chips: boolean, isLinked: boolean): ComponentChildren {
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
      return <CodeBlock code={token.content} language={languageOf(token.info)} />;
    case 'math':
    case 'math_display':
      return <Formula tex={token.content} display={token.type === 'math_display'} />;
    default:
      if (chips) return withChips(token.content, isLinked);
      return isLinked || !mayHaveLinks(token.content) ? token.content : <TextWithLinks text={token.content} />;
  }
}

/** The box of a list item that is a task; nothing for other items. `inline`: the item's first text. */
function taskMark(inline: Token | undefined): ComponentChildren[] {
  const isDone = takeTaskMark(inline);
  if (isDone === null) return [];
  return [
    <span
      key="task"
      class={isDone ? 'task-box done' : 'task-box'}
      role="img"
      aria-label={isDone ? t().common.done : t().common.notDone}
    />,
  ];
}

/** Elements that take the direction of their own text. */
const directed = new Set(['p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'li', 'blockquote', 'th', 'td']);

/** The address of a link, the first number of a list, the alignment of a cell. Every other attribute is dropped. */
function attributesOf(token: Token): Attributes {
  const href = token.tag === 'a' ? String(token.attrGet('href') ?? '') : '';
  if (/^(?:https?|mailto):/i.test(href)) return linkTo(href);
  const start = token.tag === 'ol' ? Number(token.attrGet('start')) : Number.NaN;
  if (Number.isInteger(start) && start > 1) return { start };
  const align = /^text-align:(right|center)$/.exec(String(token.attrGet('style') ?? ''))?.[1];
  return { ...(directed.has(token.tag) ? { dir: 'auto' } : {}), ...(align ? { class: `align-${align}` } : {}) };
}

function withChips(text: string, isLinked: boolean): ComponentChildren {
  return text.split(/\[\[([^[\]]+)\]\]/).map((part, n) =>
    n % 2 === 1 ? (
      <span key={n} class="tag">
        {part}
      </span>
    ) : isLinked ? (
      part
    ) : (
      <TextWithLinks key={n} text={part} />
    ),
  );
}
