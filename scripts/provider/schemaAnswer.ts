export type Schema = {
  $ref?: string;
  $defs?: Record<string, Schema>;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  type?: string | string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  minItems?: number;
  minLength?: number;
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
};

/**
 * The smallest answer that satisfies a JSON schema of the kind that structured outputs take: first of an enum,
 * empty strings and arrays, the number nearest to 0, every property present.
 */
export function smallestAnswer(schema: Schema, root: Schema = schema): unknown {
  if (schema.$ref) return smallestAnswer(resolve(schema.$ref, root), root);
  if ('const' in schema) return schema.const;
  if (schema.enum) return schema.enum[0];
  const choice = schema.anyOf?.[0] ?? schema.oneOf?.[0] ?? schema.allOf?.[0];
  if (choice) return smallestAnswer(choice, root);
  return smallestOf(Array.isArray(schema.type) ? schema.type[0] : schema.type, schema, root);
}

function smallestOf(type: string | undefined, schema: Schema, root: Schema): unknown {
  switch (type) {
    case 'string':
      return ' '.repeat(schema.minLength ?? 0);
    case 'integer':
    case 'number':
      return nearestToZero(schema);
    case 'boolean':
      return false;
    case 'null':
      return null;
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => smallestAnswer(schema.items ?? {}, root));
    default:
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, property]) => [name, smallestAnswer(property, root)]),
      );
  }
}

function nearestToZero({ minimum, exclusiveMinimum, maximum }: Schema): number {
  const least = exclusiveMinimum === undefined ? (minimum ?? 0) : Math.floor(exclusiveMinimum) + 1;
  return Math.min(Math.max(0, least), maximum ?? Infinity);
}

export function resolve(ref: string, root: Schema): Schema {
  const path = ref.replace(/^#\/?/, '').split('/').filter(Boolean);
  const found = path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], root);
  if (!found) throw new Error(`schema refers to ${ref}, which it does not hold`);
  return found as Schema;
}
