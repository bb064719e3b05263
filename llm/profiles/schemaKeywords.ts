/** A JSON Schema without the keywords. Names of properties that equal a keyword are kept. */
export function withoutKeywords(schema: object, keywords: readonly string[]): object {
  return keywords.length === 0 ? schema : (strip(schema, new Set(keywords)) as object);
}

function strip(node: unknown, keywords: ReadonlySet<string>): unknown {
  if (Array.isArray(node)) return node.map((entry) => strip(entry, keywords));
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).flatMap(([key, value]): [string, unknown][] => {
      if (key === 'enum' || key === 'const' || key === 'required') return keywords.has(key) ? [] : [[key, value]];
      if (key === 'properties' || key === '$defs') return [[key, stripEach(value as object, keywords)]];
      return keywords.has(key) ? [] : [[key, strip(value, keywords)]];
    }),
  );
}

const stripEach = (nodes: object, keywords: ReadonlySet<string>): object =>
  Object.fromEntries(Object.entries(nodes).map(([name, node]) => [name, strip(node, keywords)]));
