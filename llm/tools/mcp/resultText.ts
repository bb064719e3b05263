import { isSchema as isObject } from '../schemas/subschemas.js';

/** The longest name, address or media type that is repeated to the model, in UTF-16 code units. */
const MAX_WORD = 2_000;
/** The longest JSON of content of an unknown type. */
const MAX_UNKNOWN = 4_000;

type Fields = Record<string, unknown>;

/**
 * A tool's result in words, for the model. Text is kept whole. Of images, audio and binary resources the model reads what
 * they are: type, size, name and address. Structured content is used where there is no text.
 */
export function resultText({ content, structuredContent, ...rest }: Fields): string {
  const parts = (Array.isArray(content) ? content : [content]).filter((part) => part !== undefined && part !== null);
  const texts = parts.map(partText);
  if (structuredContent !== undefined && structuredContent !== null && !parts.some(hasText))
    texts.push(JSON.stringify(structuredContent));
  if (texts.length > 0) return texts.join('\n');
  // Servers of the first protocol version answer with another field.
  return 'toolResult' in rest ? JSON.stringify(rest.toolResult) : '(The tool returned no content.)';
}

function hasText(part: unknown): boolean {
  if (typeof part === 'string') return part.trim() !== '';
  if (!isObject(part)) return false;
  const { text } = isObject(part.resource) ? part.resource : part;
  return typeof text === 'string' && text.trim() !== '';
}

function partText(part: unknown): string {
  if (typeof part === 'string') return part;
  if (!isObject(part)) return JSON.stringify(part);
  switch (part.type) {
    case 'text':
      return String(part.text ?? '');
    case 'image':
    case 'audio':
      return label(part.type, [mimeOf(part), bytesOf(part.data)]);
    case 'resource':
      return resourceText(isObject(part.resource) ? part.resource : part);
    case 'resource_link':
      return linkText(part);
    default:
      return unknownText(part);
  }
}

function resourceText(resource: Fields): string {
  const { text, blob } = resource;
  const words = [word(resource.name), word(resource.uri), mimeOf(resource)];
  if (typeof text === 'string') return `${label('resource', words)}\n${text}`;
  return label('resource', [...words, bytesOf(blob)]);
}

function linkText(link: Fields): string {
  const title = link.title === link.name ? '' : word(link.title);
  const size = typeof link.size === 'number' ? `${link.size} bytes` : '';
  const line = label('resource link', [word(link.name), title, word(link.uri), mimeOf(link), size]);
  return typeof link.description === 'string' ? `${line}\n${link.description}` : line;
}

/** Types of later protocol versions. */
function unknownText(part: Fields): string {
  if (typeof part.text === 'string') return part.text;
  const json = JSON.stringify(part);
  return json.length > MAX_UNKNOWN ? label(word(part.type) || 'content', ['too long to show']) : json;
}

const label = (what: string, words: string[]) => `[${what}: ${words.filter(Boolean).join(', ') || 'no details'}]`;

const word = (value: unknown): string => (typeof value === 'string' ? value.slice(0, MAX_WORD) : '');

const mimeOf = ({ mimeType }: Fields) => word(mimeType);

/** The size of Base64 data. */
function bytesOf(data: unknown): string {
  if (typeof data !== 'string') return '';
  const padding = data.endsWith('==') ? 2 : data.endsWith('=') ? 1 : 0;
  return `${Math.max(0, Math.floor((data.length * 3) / 4) - padding)} bytes`;
}
