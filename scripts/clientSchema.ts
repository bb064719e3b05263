import { writeFile } from 'node:fs/promises';
import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { openApiDocument } from '../api/http/openapi.js';

/** `clientSchema.ts [FILE]` writes the types of the client package, generated from the schemas of the api. */
const banner =
  '/* Made of the schemas of the service by scripts/clientSchema.ts: change those, then run `npm run client:schema`. */';

/** TypeScript types of every named schema in the OpenAPI document: resources, events and frames. */
export async function clientSchema(): Promise<string> {
  const schemas = Object.entries(openApiDocument([]).components?.schemas ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const root = {
    type: 'object',
    properties: Object.fromEntries(schemas.map(([name]) => [name, { $ref: `#/components/schemas/${name}` }])),
    // The title is the type's name, also where it is a union.
    components: { schemas: Object.fromEntries(schemas.map(([name, schema]) => [name, { ...schema, title: name }])) },
  };
  const options = {
    bannerComment: banner,
    additionalProperties: true,
    style: { singleQuote: true, printWidth: 120 },
    unknownAny: true,
    // A list with a limit is a list, not a tuple of each length.
    ignoreMinAndMaxItems: true,
  } as const;
  const made = await compile(openEnded(root) as JSONSchema, 'Schemas', options);
  return made.replace(/export interface Schemas \{[\s\S]*?\n\}\n/, '').replace(/: \{\s*\}/g, ': Record<string, never>');
}

/** Closes objects in the schema: clients ignore unknown fields, but their types do not list an index signature. */
function openEnded(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(openEnded);
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, openEnded(inner)]));
  return 'properties' in copy && !('additionalProperties' in copy) ? { ...copy, additionalProperties: false } : copy;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  await writeFile(process.argv[2] ?? 'client/src/schema.ts', await clientSchema());
}
