import type { ComponentChildren } from 'preact';
import { createElement } from 'preact';
import { memo } from '../parts/memo.js';
import type { MathNode } from './mathTree.js';
import { onDemand } from './onDemand.js';

const formulas = onDemand(() => import('./mathTree.js'));

/** A formula; its source until the layout has been loaded, and where it is not TeX. */
export const Formula = memo(function Formula({ tex, display }: { tex: string; display: boolean }) {
  const nodes = layOut(tex, display);
  const content = nodes ? toElements(nodes) : <code>{tex}</code>;
  if (!display) return <span class="formula">{content}</span>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <span class="formula display" tabIndex={0}>
      {content}
    </span>
  );
});

function layOut(tex: string, display: boolean): MathNode[] | null {
  try {
    return formulas.module?.mathTree(tex, display) ?? null;
  } catch {
    return null;
  }
}

const toElements = (nodes: readonly MathNode[]): ComponentChildren[] =>
  nodes.map((node) =>
    typeof node === 'string' ? node : createElement(node.tag, node.attributes as object, ...toElements(node.children)),
  );
