import type { SeededRandom } from '../chaos/seededRandom.js';
import type { IdPool } from './idPool.js';
import type { OpenApi, Schema } from './operations.js';

/** Makes values that fit a schema of the document, or nearly: patterns are taken from a few known forms. */
export type Maker = (schema: Schema, field?: string) => unknown;

/** The kind of id that a field of a request holds. */
const idFields: Record<string, string> = {
  hostId: 'chr',
  guestId: 'chr',
  characterId: 'chr',
  sourceId: 'chr',
  targetId: 'chr',
  ownerId: 'chr',
  witnessIds: 'chr',
  documentId: 'doc',
  providerId: 'prv',
  fallbackId: 'prv',
  chatId: 'chat',
  chats: 'chat',
  chatIds: 'chat',
  attachments: 'att',
  sceneId: 'scn',
  turnId: 'turn',
  cursor: 'chat',
};

const words = ['the lamp', 'Mira', 'A quiet sea.', 'ä ö ü', '((aside)) "Come in," she says.', 'x', 'Tea or rum?'];
/** No host but this machine: nothing of a test may reach another one. */
const urls = ['http://127.0.0.1:9/v1', 'http://127.0.0.1:1', 'http://127.0.0.1:9/hook?a=b'];
const maxDepth = 6;
const maxItems = 3;

export function createMaker({ components }: OpenApi, ids: IdPool, random: SeededRandom): Maker {
  const resolve = (schema: Schema): Schema => {
    const name = typeof schema.$ref === 'string' ? schema.$ref.split('/').at(-1)! : null;
    return name === null ? schema : resolve(components.schemas[name] ?? {});
  };

  function make(given: Schema, field: string, depth: number): unknown {
    const schema = resolve(given);
    if ('const' in schema) return schema.const;
    if (Array.isArray(schema.enum)) return random.pick(schema.enum);
    const choices = (schema.anyOf ?? schema.oneOf) as Schema[] | undefined;
    if (choices) return make(random.pick(choices) ?? {}, field, depth);
    if (Array.isArray(schema.allOf)) {
      const parts = (schema.allOf as Schema[]).map((each) => make(each, field, depth));
      return parts.every((part) => typeof part === 'object') ? Object.assign({}, ...parts) : parts[0];
    }
    const type = Array.isArray(schema.type) ? random.pick(schema.type as string[]) : schema.type;
    switch (type) {
      case 'object':
        return makeObject(schema, depth);
      case 'array':
        return makeArray(schema, field, depth);
      case 'string':
        return makeText(schema, field);
      case 'integer':
        return makeNumber(schema, true);
      case 'number':
        return makeNumber(schema, false);
      case 'boolean':
        return random.share() < 0.5;
      case 'null':
        return null;
      default:
        return random.pick<unknown>([null, 1, 'text', { a: [1] }]);
    }
  }

  function makeObject({ properties = {}, required = [], additionalProperties }: Schema, depth: number): object {
    const names = Object.entries(properties as Record<string, Schema>).filter(
      ([name]) => (required as string[]).includes(name) || (depth < maxDepth && random.share() < 0.4),
    );
    const made = names.map(([name, each]) => [name, make(each, name, depth + 1)]);
    const free = typeof additionalProperties === 'object' && depth < maxDepth && random.share() < 0.5;
    if (free) made.push([random.pick(words)!, make(additionalProperties as Schema, '', depth + 1)]);
    return Object.fromEntries(made) as object;
  }

  function makeArray({ items = {}, minItems = 0, maxItems: most = maxItems }: Schema, field: string, depth: number) {
    const length = Math.max(Number(minItems), random.between(0, Math.min(maxItems, Number(most))));
    return Array.from({ length }, () => make(items as Schema, field, depth + 1));
  }

  function makeText({ format, pattern, minLength = 0, maxLength }: Schema, field: string): string {
    const prefix = idFields[field];
    if (prefix && random.share() < 0.95)
      return field.endsWith('getId') && random.share() < 0.3 ? 'you' : ids.any(prefix);
    if (format === 'uri' || field === 'url' || field === 'baseUrl') return random.pick(urls)!;
    // Words of letters fit most patterns.
    if (pattern !== undefined) return 'x1';
    if (format === 'date-time') return new Date(random.between(0, 2 ** 41)).toISOString();
    const text = random.share() < 0.1 ? words.join(' ').repeat(random.between(1, 30)) : random.pick(words)!;
    return text.padEnd(Number(minLength), '.').slice(0, maxLength === undefined ? undefined : Number(maxLength));
  }

  function makeNumber({ minimum = 0, maximum = 40 }: Schema, whole: boolean): number {
    const [least, most] = [Number(minimum), Math.min(Number(maximum), Number(minimum) + 40)];
    return whole ? random.between(Math.ceil(least), Math.floor(most)) : least + random.share() * (most - least);
  }

  return (schema, field = '') => make(schema, field, 0);
}
