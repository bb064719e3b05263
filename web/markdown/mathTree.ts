import katex, { type KatexOptions } from 'katex';

/** An element of MathML, without its namespace, or a text. */
export type MathNode = string | { tag: string; attributes: Record<string, string>; children: MathNode[] };

/** The elements and attributes of presentation MathML that a formula may become. There are no links and no styles. */
const tags = new Set(
  'math mrow mi mn mo mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mmultiscripts mprescripts mtable mtr mtd mstyle mpadded mphantom menclose mglyph ms merror none'.split(
    ' ',
  ),
);
const attributeNames = new Set(
  'display displaystyle scriptlevel mathvariant mathcolor mathbackground mathsize stretchy fence separator form lspace rspace minsize maxsize symmetric largeop movablelimits accent accentunder linethickness notation columnalign rowalign columnspacing rowspacing columnlines rowlines frame width height depth voffset'.split(
    ' ',
  ),
);

/** What KaTeX builds: an element has a `type`, a text a `text`, a span neither. */
type Built = { type?: string; text?: string; attributes?: Record<string, string>; children?: Built[] };

/** KaTeX's types leave out the function that builds the tree; without it the page would have to parse its markup. */
const renderer = katex as unknown as { __renderToDomTree(tex: string, options: KatexOptions): Built };

/**
 * Lays a formula out as MathML, which browsers draw without fonts, styles or scripts of the page. Throws where the
 * formula is not TeX. Macros expand a bounded number of times; commands that link or load are refused (`trust`).
 */
export function mathTree(tex: string, display: boolean): MathNode[] {
  const built = renderer.__renderToDomTree(tex, {
    displayMode: display,
    output: 'mathml',
    throwOnError: true,
    strict: false,
    trust: false,
    maxExpand: 300,
    maxSize: 20,
  });
  return toNodes([built]);
}

const toNodes = (all: readonly Built[]): MathNode[] =>
  all.flatMap(({ type, text, attributes = {}, children = [] }): MathNode[] => {
    if (type === undefined) return text === undefined ? toNodes(children) : [text];
    if (type === 'annotation') return [];
    const inner = toNodes(children);
    if (!tags.has(type)) return inner;
    const kept = Object.entries(attributes).filter(([name]) => attributeNames.has(name));
    return [{ tag: type, attributes: Object.fromEntries(kept), children: inner }];
  });
