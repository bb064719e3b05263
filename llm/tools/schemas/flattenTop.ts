import { anyOfThese, isSchema, type Schema } from './subschemas.js';
import { propertiesOf } from './tidySchema.js';

/** The deepest nesting of choices that is flattened. */
const MAX_LEVELS = 20;
/** How many choices the description names. */
const MAX_NAMED = 10;

type Flat = { properties: Record<string, Schema>; required: string[] };

/**
 * The schema without `anyOf`, `oneOf`, `allOf` and the like at the top, where providers refuse them: the properties of all
 * branches, of which those are required that each branch requires. The description names the choices.
 */
export function flattenTop(schema: Schema): Schema {
  const { anyOf, oneOf, allOf, not, enum: _, const: __, if: ___, then, else: otherwise, ...top } = schema;
  const isFlat = [anyOf, oneOf, allOf, not, _, __, ___, then, otherwise].every((value) => value === undefined);
  if (isFlat) return schema;
  const { properties, required } = flat(schema, 0);
  const choices = choicesOf([anyOf, oneOf].flat().filter(isSchema));
  const description = [top.description, choices].filter((part) => typeof part === 'string').join('\n');
  return {
    ...top,
    type: 'object',
    ...(description ? { description } : {}),
    properties,
    ...(required.length > 0 ? { required } : {}),
  };
}

function flat(schema: Schema, level: number): Flat {
  const own: Flat = { properties: propertiesOf(schema), required: names(schema.required) };
  if (level >= MAX_LEVELS) return own;
  const branches = (list: unknown) =>
    (Array.isArray(list) ? list : []).filter(isSchema).map((branch) => flat(branch, level + 1));
  const choices = ['anyOf', 'oneOf'].map((key) => eitherOf(branches(schema[key])));
  const optional = [schema.then, schema.else]
    .filter(isSchema)
    .map((branch) => ({ ...flat(branch, level + 1), required: [] }));
  return allOf([own, ...branches(schema.allOf), ...choices, ...optional]);
}

function allOf(parts: Flat[]): Flat {
  return { properties: merged(parts), required: [...new Set(parts.flatMap(({ required }) => required))] };
}

function eitherOf(parts: Flat[]): Flat {
  const [first, ...others] = parts;
  const required = (first?.required ?? []).filter((name) => others.every((other) => other.required.includes(name)));
  return { properties: merged(parts), required };
}

/** The properties of all parts. One that several parts describe allows what any of them allows. */
function merged(parts: Flat[]): Record<string, Schema> {
  const all = new Map<string, Schema[]>();
  for (const { properties } of parts) {
    for (const [name, schema] of Object.entries(properties)) all.set(name, [...(all.get(name) ?? []), schema]);
  }
  return Object.fromEntries([...all].map(([name, schemas]) => [name, anyOfThese(schemas)]));
}

const names = (required: unknown): string[] =>
  (Array.isArray(required) ? required : []).filter((name) => typeof name === 'string');

/** Tells the model which arguments belong together; null where no branch requires any. */
function choicesOf(branches: Schema[]): string | null {
  const sets = branches.map(({ required }) => names(required)).filter((required) => required.length > 0);
  if (sets.length < 2) return null;
  return `Required is one of these sets of arguments: ${sets
    .slice(0, MAX_NAMED)
    .map((set) => set.join(' and '))
    .join('; or ')}.`;
}
