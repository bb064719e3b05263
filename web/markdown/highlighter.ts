import { common, createLowlight } from 'lowlight';

/** A piece of code. `kind`: a word of highlight.js, such as `keyword`; null for plain text. */
export type CodePiece = { kind: string | null; text: string };

const lowlight = createLowlight(common);

type Tree = ReturnType<typeof lowlight.highlight>;

/** The pieces of code in a language, in order: their texts joined are the code. One plain piece where it is unknown. */
export function highlight(code: string, language: string): CodePiece[] {
  if (!lowlight.registered(language)) return [{ kind: null, text: code }];
  return piecesOf(lowlight.highlight(language, code).children, null);
}

const piecesOf = (nodes: Tree['children'], kind: string | null): CodePiece[] =>
  nodes.flatMap((node): CodePiece[] => {
    if (node.type === 'text') return [{ kind, text: node.value }];
    if (node.type !== 'element') return [];
    return piecesOf(node.children, kindOf(node.properties.className) ?? kind);
  });

/** `hljs-title function_` is `title`. */
function kindOf(names: unknown): string | null {
  const first = Array.isArray(names) ? String(names[0]) : '';
  return first.startsWith('hljs-') ? first.slice(5) : null;
}
