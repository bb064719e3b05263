import { type Card, type CardFault, readCard } from '../../../domain/narrative/cards/readCard.js';
import { parseBounded } from '../../../domain/text/boundedJson.js';
import { Problem } from '../../http/problem.js';
import { BrokenPng, isPng, readTexts, withoutTexts } from './png.js';

/** The largest file, and the largest card in one, in bytes. */
export const maxFileBytes = 10 * 1024 * 1024;
const maxCardBytes = 2 * 1024 * 1024;
/** Base64 takes four bytes for three, and may have line breaks. */
const maxTextBytes = Math.ceil(maxCardBytes * 1.4);

/** A card, and the image that it came in. */
export type CardFile = { card: Card; image: Buffer | null };

/** The keywords of the texts that hold a card; the first wins. */
const keywords = ['ccv3', 'chara'] as const;

/**
 * Reads a character card: JSON, or a PNG that holds it. `contentType`: as the request says it, if it does. Throws
 * `invalid_card`, and `unsupported_media_type` for other files.
 */
export async function readCardFile(bytes: Buffer, contentType: string | undefined): Promise<CardFile> {
  if (bytes.length === 0) throw invalid([{ path: 'card', reason: 'is empty' }]);
  if (!isPng(bytes)) return { card: fromJson(bytes, contentType), image: null };
  try {
    return { card: await fromPng(bytes), image: withoutTexts(bytes) };
  } catch (error) {
    if (error instanceof BrokenPng) throw invalid([{ path: 'png', reason: error.message }]);
    throw error;
  }
}

async function fromPng(png: Buffer): Promise<Card> {
  const texts = await readTexts(png, keywords, maxTextBytes);
  const keyword = keywords.find((name) => texts.has(name));
  if (!keyword) throw new BrokenPng('the image holds no card: it has neither a text ccv3 nor a text chara');
  const text = texts.get(keyword)!;
  const json = beginsAsJson(text) ? text : Buffer.from(text.toString('latin1'), 'base64');
  return toCard(json, keyword);
}

function fromJson(bytes: Buffer, contentType = ''): Card {
  const isDeclared = /^application\/([\w.-]+\+)?json\b/i.test(contentType);
  if (!isDeclared && !beginsAsJson(bytes)) {
    throw new Problem('unsupported_media_type', 'The body must be a character card: JSON in UTF-8, or a PNG');
  }
  return toCard(bytes, 'card');
}

const beginsAsJson = (bytes: Buffer): boolean => /^\s*[[{]/.test(new TextDecoder().decode(bytes.subarray(0, 1_000)));

/** The text of JSON, without a byte order mark. Some programs pad it with NUL. Takes linear time: a pattern for the end does not. */
function textOf(bytes: Buffer): string {
  let end = bytes.length;
  while (end > 0 && isPadding(bytes[end - 1]!)) end--;
  return new TextDecoder().decode(bytes.subarray(0, end));
}

/** NUL and the white space of JSON. */
const isPadding = (byte: number): boolean =>
  byte === 0 || byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;

/** `name`: what the JSON is called where it is broken. */
function toCard(json: Buffer, name: string): Card {
  if (json.length > maxCardBytes) throw invalid([{ path: name, reason: `is larger than ${maxCardBytes} bytes` }]);
  const parsed = parseBounded(textOf(json));
  if (parsed === undefined) throw invalid([{ path: name, reason: 'is not JSON, or has too many values' }]);
  const read = readCard(parsed);
  if ('faults' in read) throw invalid(read.faults);
  return read.card;
}

const invalid = (faults: CardFault[]): Problem =>
  new Problem('invalid_card', faults.map(({ path, reason }) => `${path}: ${reason}`).join('; '));
