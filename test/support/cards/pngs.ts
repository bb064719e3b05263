import { crc32, deflateSync } from 'node:zlib';

const signature = Buffer.from('89504e470d0a1a0a', 'hex');

/** A chunk of a PNG. `crc`: another checksum than the right one. */
export function chunk(type: string, data: Buffer | string = '', crc?: number): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), Buffer.from(data)]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(body.length - 4, 0);
  frame.writeUInt32BE(crc ?? crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** An image of 2 × 2 orange pixels, with these chunks before its data. */
export function png(...chunks: Buffer[]): Buffer {
  const header = Buffer.from([0, 0, 0, 2, 0, 0, 0, 2, 8, 2, 0, 0, 0]);
  const row = [0, 230, 120, 20, 230, 120, 20];
  const pixels = deflateSync(Buffer.from([...row, ...row]));
  return Buffer.concat([signature, chunk('IHDR', header), ...chunks, chunk('IDAT', pixels), chunk('IEND')]);
}

export const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64');

export const text = (keyword: string, value: string): Buffer => chunk('tEXt', `${keyword}\0${value}`);
export const zipped = (keyword: string, value: string): Buffer =>
  chunk('zTXt', Buffer.concat([Buffer.from(`${keyword}\0\0`), deflateSync(value)]));
export const international = (keyword: string, value: string, isZipped = false): Buffer => {
  const head = Buffer.from(`${keyword}\0${isZipped ? '\x01' : '\0'}\0en\0${keyword}\0`);
  return chunk('iTXt', Buffer.concat([head, isZipped ? deflateSync(value) : Buffer.from(value)]));
};
