/** A JSON Schema that is an object. */
export type Schema = Record<string, unknown>;

export const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The keywords whose value is a schema, a list of schemas, or schemas by name. */
const single = ['items', 'additionalProperties', 'contains', 'propertyNames', 'not', 'if', 'then', 'else'];
const lists = ['anyOf', 'oneOf', 'allOf', 'prefixItems', 'items'];
const named = ['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions'];

/** The schema with `change` applied to each schema directly inside it. Values that are no schemas stay. */
export function mapSubschemas(schema: Schema, change: (inner: Schema) => Schema): Schema {
  const each = (value: unknown) => (isSchema(value) ? change(value) : value);
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => {
      if (lists.includes(key) && Array.isArray(value)) return [key, value.map(each)];
      if (single.includes(key)) return [key, each(value)];
      if (named.includes(key) && isSchema(value))
        return [key, Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, each(inner)]))];
      return [key, value];
    }),
  );
}

/** Whether a schema names a type, alone or among others. */
export const hasType = ({ type }: Schema, name: string): boolean =>
  type === name || (Array.isArray(type) && type.includes(name));

/** The schemas without those that are equal to an earlier one. */
function distinct(schemas: Schema[]): Schema[] {
  return [...new Map(schemas.map((schema) => [JSON.stringify(schema), schema])).values()];
}

/** One schema for values of any of these. */
export function anyOfThese(schemas: Schema[]): Schema {
  const [first = {}, ...others] = distinct(schemas);
  return others.length === 0 ? first : { anyOf: [first, ...others] };
}
