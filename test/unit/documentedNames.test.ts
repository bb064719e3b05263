import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

/** The files of the repository, without those of packages, of builds and of runs. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith('.') || ['node_modules', 'dist'].includes(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

const files = filesBelow('.');
const documents = files.filter((file) => file.endsWith('.md') && file !== 'CHANGELOG.md');
const sources = files.filter((file) => /\.(tsx?|sql|py|css)$/.test(file));

/** The files that a document names: by path, or by the name alone where the folder stands before it. */
const filesNamed = (name: string) => sources.filter((file) => file === name || file.endsWith(`/${name}`));

const prose = (document: string) => readFileSync(document, 'utf8').replace(/^```[\s\S]*?^```/gm, '');

/** What documents say of the form "`one` and `two` in `path/file.ts`". */
function symbolsNamed(text: string): { symbol: string; file: string }[] {
  const said = text.matchAll(/((?:`\w+`(?:, | and )?)+) in `([\w./-]+\.tsx?)`/g);
  return [...said].flatMap(([, symbols = '', file = '']) =>
    [...symbols.matchAll(/`(\w+)`/g)].map(([, symbol = '']) => ({ symbol, file })),
  );
}

const isIn = ({ symbol, file }: { symbol: string; file: string }) =>
  filesNamed(file).some((path) => new RegExp(`\\b${symbol}\\b`).test(readFileSync(path, 'utf8')));

describe('the names of sources in the documents', () => {
  test('are those of files that exist', () => {
    const missing = documents.flatMap((document) =>
      [...prose(document).matchAll(/`([\w./-]+\.(?:tsx?|sql|py|css))`/g)].flatMap(([, name = '']) =>
        filesNamed(name.replace(/^(\.\.?\/)+/, '')).length > 0 ? [] : [`${document}: ${name}`],
      ),
    );
    expect(missing).toEqual([]);
  });

  test('are beside names of functions and tables that these files have', () => {
    const named = documents.flatMap((document) =>
      symbolsNamed(prose(document)).map((found) => ({ document, ...found })),
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((found) => !isIn(found))).toEqual([]);
  });

  test('are found in a sentence about two functions of one file, which shows that the search works', () => {
    expect(symbolsNamed('see `one` and `two` in `a/b.ts`, then `three` in it')).toEqual([
      { symbol: 'one', file: 'a/b.ts' },
      { symbol: 'two', file: 'a/b.ts' },
    ]);
    expect(isIn({ symbol: 'createDrain', file: 'worker/drain/drain.ts' })).toBe(true);
    expect(isIn({ symbol: 'createFlood', file: 'worker/drain/drain.ts' })).toBe(false);
  });
});
