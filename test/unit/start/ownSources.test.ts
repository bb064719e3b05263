import { SourceMap } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import { onlyOwnSources } from '../../../scripts/builds/ownSources.js';

/** Three places in a row, and one in the next line: ours, a package's, ours, ours. */
const map = { version: 3 as const, sources: ['package.js', 'ours.ts'], mappings: 'ACEC,QDDA,QCCA;AAEA' };
const placesIn = (mappings: { sources: string[]; mappings: string }) => {
  const read = new SourceMap({ ...map, file: '', sourceRoot: '', sourcesContent: [], names: [], ...mappings });
  return [0, 8, 16].map((column) => placeAt(read, 0, column)).concat(placeAt(read, 1, 0));
};
const placeAt = (read: SourceMap, line: number, column: number) => {
  const entry = read.findEntry(line, column);
  if (!('originalSource' in entry) || !entry.originalSource) return 'none';
  return `${entry.originalSource}:${entry.originalLine}:${entry.originalColumn}`;
};

describe('the source map of a bundle, without its packages', () => {
  it('has the same places for our own sources, and none for those of packages', () => {
    const before = placesIn(map);
    expect(before).toEqual(['ours.ts:2:1', 'package.js:1:1', 'ours.ts:2:1', 'ours.ts:4:1']);
    const kept = onlyOwnSources(map, (source) => source === 'ours.ts');
    expect(kept.sources).toEqual(['ours.ts']);
    expect(placesIn(kept)).toEqual(['ours.ts:2:1', 'none', 'ours.ts:2:1', 'ours.ts:4:1']);
  });
});
