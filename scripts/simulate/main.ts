import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { messageOf } from '../start/failure.js';
import { type Capacities, capacities, type Figures, measured } from './figures.js';
import { type Load, sizesFor } from './model.js';
import { report } from './report.js';

const usage = `npm run simulate -- [--streams 100000] [--tokens-per-second 20] [--tokens-per-reply 400] [--viewers 1] [--machine FILE]

FILE: JSON with other figures and capacities (scripts/simulate/figures.ts), as in {"postgresCommits": 50000}`;

/** `npm run simulate`: carries what the bench has measured on to many streams, and prints the ceilings in their order. */
async function main(): Promise<string> {
  const { values } = parseArgs({
    options: {
      ...{
        streams: { type: 'string' },
        'tokens-per-second': { type: 'string' },
        'tokens-per-reply': { type: 'string' },
      },
      ...{ viewers: { type: 'string' }, machine: { type: 'string' } },
    } as const,
  });
  const load: Load = {
    streams: positive('streams', values.streams ?? '100000'),
    tokensPerSecond: positive('tokens-per-second', values['tokens-per-second'] ?? '20'),
    tokensPerReply: positive('tokens-per-reply', values['tokens-per-reply'] ?? '400'),
    viewersPerStream: positive('viewers', values.viewers ?? '1'),
  };
  const given = values.machine ? (JSON.parse(await readFile(values.machine, 'utf8')) as Record<string, number>) : {};
  const unknown = Object.keys(given).find((name) => !(name in capacities) && !(name in measured));
  if (unknown !== undefined) throw new Error(`${values.machine}: ${unknown} is no figure\n\n${usage}`);
  const figures = { ...measured, ...given } as Figures;
  const machine: Capacities = { ...capacities, ...given };
  return report(load, sizesFor(load, figures, machine), figures, machine);
}

function positive(name: string, given: string): number {
  const value = Number(given);
  if (!(value > 0) || !Number.isFinite(value))
    throw new Error(`--${name} ${given}: must be a number above 0\n\n${usage}`);
  return value;
}

try {
  console.log(await main());
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
