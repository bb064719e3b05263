/** The part of JSON Schema that structured outputs use. */
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
 * The smallest answer that satisfies a schema: the first value of an enum, empty strings and arrays, the number nearest to
 * 0, every property.
 */
export function smallestAnswer(schema: Schema, root: Schema = schema): unknown {
  if (schema.$ref) return smallestAnswer(resolve(schema.$ref, root), root);
  if ('const' in schema) return schema.const;
  if (schema.enum) return schema.enum[0];
  const choice = schema.anyOf?.[0] ?? schema.oneOf?.[0] ?? schema.allOf?.[0];
  if (choice) return smallestAnswer(choice, root);
  const [type = 'object'] = [schema.type].flat();
  return (smallestOf[type] ?? smallestObject)(schema, root);
}

/** The smallest value of each type. A schema without a known type is an object. */
const smallestOf: Record<string, (schema: Schema, root: Schema) => unknown> = {
  string: ({ minLength = 0 }) => ' '.repeat(minLength),
  integer: nearestToZero,
  number: nearestToZero,
  boolean: () => false,
  null: () => null,
  array: ({ minItems = 0, items = {} }, root) => Array.from({ length: minItems }, () => smallestAnswer(items, root)),
};

const smallestObject = ({ properties = {} }: Schema, root: Schema) =>
  Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, smallestAnswer(property, root)]));

function nearestToZero({ minimum, exclusiveMinimum, maximum }: Schema): number {
  const least = exclusiveMinimum === undefined ? (minimum ?? 0) : Math.floor(exclusiveMinimum) + 1;
  return Math.min(Math.max(0, least), maximum ?? Infinity);
}

/** The schema that a `$ref` names. Throws if there is none. */
export function resolve(ref: string, root: Schema): Schema {
  const path = ref.replace(/^#\/?/, '').split('/').filter(Boolean);
  const found = path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], root);
  if (!found) throw new Error(`the schema has no definition ${ref}`);
  return found as Schema;
}
