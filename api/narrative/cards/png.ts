import { promisify } from 'node:util';
import { constants, crc32, inflate as inflateWithCallback } from 'node:zlib';

const inflate = promisify(inflateWithCallback);

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Images have some hundred at most. */
const MAX_CHUNKS = 20_000;
/** The length, the type and the checksum of a chunk, in bytes. */
const FRAME = 12;

/** A chunk of a PNG: its type, its data, and where it is in the file with its frame. */
type Chunk = { type: string; data: Buffer; from: number; to: number };

/** A PNG that can not be read. The message says why. */
export class BrokenPng extends Error {
  override readonly name = 'BrokenPng';
  readonly code = 'broken_png';
}

export const isPng = (bytes: Buffer): boolean => bytes.subarray(0, signature.length).equals(signature);

/**
 * The chunks of a PNG, up to its end; what follows is ignored. Checksums are not compared: editors of cards write wrong
 * ones, and decoders of images check those that matter. Throws `BrokenPng`.
 */
function* chunksOf(png: Buffer): Generator<Chunk> {
  let count = 0;
  for (let from = signature.length; from < png.length; ) {
    if (++count > MAX_CHUNKS) throw new BrokenPng(`the file has more than ${MAX_CHUNKS} chunks`);
    if (from + FRAME > png.length) throw new BrokenPng('the file ends within a chunk');
    const length = png.readUInt32BE(from);
    const to = from + FRAME + length;
    const type = png.toString('latin1', from + 4, from + 8);
    if (to > png.length) throw new BrokenPng(`the chunk ${printable(type)} is longer than the file`);
    yield { type, data: png.subarray(from + 8, to - 4), from, to };
    if (type === 'IEND') return;
    from = to;
  }
}

const printable = (type: string): string => (/^[A-Za-z]{4}$/.test(type) ? type : 'of an unknown type');

const textTypes = new Set(['tEXt', 'zTXt', 'iTXt']);

/**
 * The text that a PNG has under each of these keywords, in any case; of several, the first. `max`: the largest text, in
 * bytes after inflation. Throws `BrokenPng`.
 */
export async function readTexts(png: Buffer, keywords: readonly string[], max: number): Promise<Map<string, Buffer>> {
  const texts = new Map<string, Buffer>();
  for (const { type, data } of chunksOf(png)) {
    if (!textTypes.has(type)) continue;
    const end = data.subarray(0, 80).indexOf(0);
    const keyword = data.toString('latin1', 0, Math.max(0, end)).toLowerCase();
    if (!keywords.includes(keyword) || texts.has(keyword)) continue;
    texts.set(keyword, await textOf(type, keyword, data.subarray(end + 1), max));
  }
  return texts;
}

async function textOf(type: string, keyword: string, data: Buffer, max: number): Promise<Buffer> {
  if (type === 'zTXt') return inflated(keyword, data.subarray(1), max);
  if (type === 'tEXt') return bounded(keyword, data, max);
  // A flag and a method, then a language and a translated keyword, which both end in 0.
  const language = data.indexOf(0, 2);
  const translated = language < 0 ? -1 : data.indexOf(0, language + 1);
  if (translated < 0) throw new BrokenPng(`the text ${keyword} is not complete`);
  const text = data.subarray(translated + 1);
  return data[0] === 1 ? inflated(keyword, text, max) : bounded(keyword, text, max);
}

function bounded(keyword: string, text: Buffer, max: number): Buffer {
  if (text.length > max) throw new BrokenPng(`the text ${keyword} is larger than ${max} bytes`);
  return text;
}

async function inflated(keyword: string, data: Buffer, max: number): Promise<Buffer> {
  try {
    return await inflate(data, { maxOutputLength: max, finishFlush: constants.Z_SYNC_FLUSH });
  } catch (error) {
    const isTooLarge = (error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE';
    throw new BrokenPng(
      isTooLarge ? `the text ${keyword} is larger than ${max} bytes` : `the text ${keyword} can not be inflated`,
    );
  }
}

/** The image without texts, and without what follows its end. Throws `BrokenPng`. */
export function withoutTexts(png: Buffer): Buffer {
  const kept = [...chunksOf(png)].filter(({ type }) => !textTypes.has(type));
  return Buffer.concat([signature, ...kept.map(({ from, to }) => png.subarray(from, to))]);
}

/** The image with these texts before its end, as `tEXt`. Keywords and texts are ASCII. Throws `BrokenPng`. */
export function withTexts(png: Buffer, texts: Readonly<Record<string, string>>): Buffer {
  const end = [...chunksOf(png)].find(({ type }) => type === 'IEND')?.from ?? png.length;
  const chunks = Object.entries(texts).map(([keyword, text]) => textChunk(`${keyword}\0${text}`));
  return Buffer.concat([png.subarray(0, end), ...chunks, png.subarray(end)]);
}

function textChunk(text: string): Buffer {
  const body = Buffer.from(`tEXt${text}`, 'latin1');
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(body.length - 4, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
