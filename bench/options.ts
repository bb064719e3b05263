import { parseArgs } from 'node:util';

export const partNames = [
  'start',
  'dialects',
  'latency',
  'streams',
  'turns',
  'fanOut',
  'viewers',
  'longChats',
  'fleet',
  'shares',
] as const;
export type PartName = (typeof partNames)[number];

/** `streams`: how many streams at once the part of that name measures, in place of its own numbers. */
export type BenchOptions = { only: PartName[]; quick: boolean; streams?: number[] };

export const usage = `npm run bench -- [--only ${partNames.join(',')}] [--quick] [--streams 20,500]`;

/** Throws an error whose message says what is allowed. */
export function readOptions(args: string[]): BenchOptions {
  const { values } = parseArgs({
    args,
    options: { only: { type: 'string' }, quick: { type: 'boolean' }, streams: { type: 'string' } },
  });
  const asked = values.only?.split(',').map((name) => name.trim()) ?? [...partNames];
  const unknown = asked.find((name) => !partNames.some((part) => part === name));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: there is no such part`);
  const streams = values.streams?.split(',').map(Number);
  if (streams?.some((count) => !Number.isInteger(count) || count < 1))
    throw new Error(`--streams ${values.streams}: they are numbers from 1, with commas between them`);
  return {
    only: partNames.filter((part) => asked.includes(part)),
    quick: values.quick ?? false,
    ...(streams ? { streams } : {}),
  };
}
