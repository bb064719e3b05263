import { isSchema, mapSubschemas, type Schema } from './subschemas.js';

/** How much references may add to a schema, as JSON in UTF-16 code units. What is beyond is offered as "anything". */
const MAX_ADDED = 100_000;

/**
 * The schema with each `$ref` replaced by the definition that it names, and without definitions: not every provider
 * resolves references. A definition inside itself, and all beyond the limit, become a schema that allows anything.
 */
export function inlineRefs(root: Schema): Schema {
  let left = MAX_ADDED;

  function inline({ $ref, ...own }: Schema, inside: readonly string[]): Schema {
    const siblings = mapSubschemas(own, (inner) => inline(inner, inside));
    if (typeof $ref !== 'string') return siblings;
    const target = inside.includes($ref) ? null : take(resolve(root, $ref));
    // What stands beside the reference is more specific.
    return target ? { ...inline(target, [...inside, $ref]), ...siblings } : siblings;
  }

  function take(target: Schema | null): Schema | null {
    const size = target ? JSON.stringify(target).length : 0;
    if (size > left) return null;
    left -= size;
    return target;
  }

  const { $defs: _, definitions: __, ...rest } = root;
  return withoutDefinitions(inline(rest, ['#']));
}

function withoutDefinitions({ $defs: _, definitions: __, ...schema }: Schema): Schema {
  return mapSubschemas(schema, withoutDefinitions);
}

/** The schema at a JSON pointer such as `#/$defs/name`; null where there is none. */
function resolve(root: Schema, ref: string): Schema | null {
  if (!ref.startsWith('#/')) return null;
  let found: unknown = root;
  for (const part of ref.slice(2).split('/')) {
    const key = decode(part);
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return null;
    found = (found as Record<string, unknown>)[key];
  }
  return isSchema(found) ? found : null;
}

function decode(part: string): string {
  let plain = part;
  try {
    plain = decodeURIComponent(part);
  } catch {
    // A lone percent sign stands for itself.
  }
  return plain.replaceAll('~1', '/').replaceAll('~0', '~');
}
