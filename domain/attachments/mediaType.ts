/** A declared type that can be stored: `image` is checked by its signature, `text` by its encoding. */
export type MediaType = { kind: 'image' | 'text'; mediaType: string };

const aliases: Readonly<Record<string, string>> = { 'image/jpg': 'image/jpeg', 'image/pjpeg': 'image/jpeg' };

const imageTypes: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/webp', 'image/gif']);

/** Types of text outside of `text/`. */
const otherTexts: ReadonlySet<string> = new Set(['application/json']);

/** Types that a browser would run, or use as a style, if a page of this origin named the attachment. They are plain text. */
const active = /^text\/(css|x?-?(java|ecma|j|live)script[\d.]*|x-component|cache-manifest|event-stream)$/;

/**
 * Parses a `Content-Type`. Null for a type that is not taken, and for text in another charset than UTF-8. Parameters are
 * dropped.
 */
export function parseMediaType(contentType: string | undefined): MediaType | null {
  const [essence = '', ...parameters] = (contentType ?? '').split(';');
  const given = essence.trim().toLowerCase();
  const mediaType = aliases[given] ?? given;
  if (imageTypes.has(mediaType)) return { kind: 'image', mediaType };
  if (!/^text\/[a-z0-9][a-z0-9.+-]{0,63}$/.test(mediaType) && !otherTexts.has(mediaType)) return null;
  if (!parameters.every(isUtf8)) return null;
  return { kind: 'text', mediaType: active.test(mediaType) ? 'text/plain' : mediaType };
}

function isUtf8(parameter: string): boolean {
  const [name = '', value = ''] = parameter.split('=');
  return name.trim().toLowerCase() !== 'charset' || /^\s*"?(utf-?8|us-ascii)"?\s*$/i.test(value);
}

const ascii = (bytes: Uint8Array, from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));

const signatures: Readonly<Record<string, (bytes: Uint8Array) => boolean>> = {
  'image/png': (bytes) => ascii(bytes, 0, 8) === '\x89PNG\r\n\x1a\n',
  'image/jpeg': (bytes) => ascii(bytes, 0, 3) === '\xff\xd8\xff',
  'image/gif': (bytes) => /^GIF8[79]a$/.test(ascii(bytes, 0, 6)),
  'image/webp': (bytes) => ascii(bytes, 0, 4) === 'RIFF' && ascii(bytes, 8, 12) === 'WEBP',
};

/** Whether bytes begin as an image of the type does. */
export const hasSignature = (mediaType: string, bytes: Uint8Array): boolean => signatures[mediaType]?.(bytes) ?? false;

const MAX_NAME = 200;
/** Characters that change the direction of what follows, so that a name looks like another one. */
const misleading = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** The file's name: the last part of a path, without control characters. Undefined where nothing is left. */
export function cleanName(given: string): string | undefined {
  const last = given.toWellFormed().replace(misleading, '').split(/[/\\]/).at(-1)?.trim() ?? '';
  const name = [...last].slice(0, MAX_NAME).join('');
  return /[^\s\p{Cf}.]/u.test(name) ? name : undefined;
}
