import { describe, expect, test } from '@jest/globals';
import { cleanName, hasSignature, parseMediaType } from './mediaType.js';

const bytes = (text: string) => Buffer.from(text, 'latin1');

describe('the media type of an attachment', () => {
  test.each([
    ['image/png', 'image/png'],
    ['IMAGE/JPG', 'image/jpeg'],
    ['image/webp; name=x', 'image/webp'],
    ['text/plain;charset=UTF-8', 'text/plain'],
    ['text/markdown; charset="utf-8"', 'text/markdown'],
    ['text/html', 'text/html'],
    ['application/json', 'application/json'],
    ['text/javascript', 'text/plain'],
    ['text/css', 'text/plain'],
  ])('%s is taken as %s', (given, taken) => {
    expect(parseMediaType(given)?.mediaType).toBe(taken);
  });

  test.each([
    'image/svg+xml',
    'image/tiff',
    'application/pdf',
    'application/octet-stream',
    'multipart/form-data; boundary=x',
    'text/plain; charset=utf-16',
    'text/plain; charset=latin1',
    'text/',
    'text/a b',
    'image/png, text/html',
    '',
    undefined,
  ])('%s is refused', (given) => {
    expect(parseMediaType(given)).toBeNull();
  });

  test('is that of the first bytes of an image', () => {
    expect(hasSignature('image/png', bytes('\x89PNG\r\n\x1a\n...'))).toBe(true);
    expect(hasSignature('image/jpeg', bytes('\xff\xd8\xff\xe0'))).toBe(true);
    expect(hasSignature('image/gif', bytes('GIF89a'))).toBe(true);
    expect(hasSignature('image/webp', bytes('RIFF\x00\x00\x00\x00WEBPVP8 '))).toBe(true);
    expect(hasSignature('image/webp', bytes('RIFF\x00\x00\x00\x00WAVEfmt '))).toBe(false);
    expect(hasSignature('image/png', bytes('<svg xmlns="http://www.w3.org/2000/svg">'))).toBe(false);
    expect(hasSignature('image/png', bytes(''))).toBe(false);
    expect(hasSignature('image/toString', bytes('anything'))).toBe(false);
  });
});

describe('the name of an attached file', () => {
  test.each([
    ['notes.md', 'notes.md'],
    ['/etc/passwd', 'passwd'],
    ['C:\\pictures\\cat.png', 'cat.png'],
    ['Übersicht – é.txt', 'Übersicht – é.txt'],
    ['a\r\nSet-Cookie: x', 'aSet-Cookie: x'],
    ['evil\u202egnp.exe', 'evilgnp.exe'],
    ['..', undefined],
    ['\u0000 ', undefined],
    ['', undefined],
  ])('%j becomes %j', (given, kept) => {
    expect(cleanName(given)).toBe(kept);
  });

  test('has at most 200 characters', () => {
    expect([...(cleanName('😀'.repeat(500)) ?? '')]).toHaveLength(200);
  });
});
