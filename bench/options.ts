import { parseArgs } from 'node:util';

export const partNames = ['start', 'latency', 'streams', 'turns', 'fanOut', 'viewers', 'fleet'] as const;
export type PartName = (typeof partNames)[number];

export type BenchOptions = { only: PartName[]; quick: boolean };

export const usage = `npm run bench -- [--only ${partNames.join(',')}] [--quick]`;

/** Throws an error whose message says what is allowed. */
export function readOptions(args: string[]): BenchOptions {
  const { values } = parseArgs({ args, options: { only: { type: 'string' }, quick: { type: 'boolean' } } });
  const asked = values.only?.split(',').map((name) => name.trim()) ?? [...partNames];
  const unknown = asked.find((name) => !partNames.some((part) => part === name));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: there is no such part`);
  return { only: partNames.filter((part) => asked.includes(part)), quick: values.quick ?? false };
}
