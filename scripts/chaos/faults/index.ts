import { commandFaults } from './commands.js';
import type { Fault } from './fault.js';
import { networkFaults } from './network.js';
import { postgresFaults } from './postgres.js';
import { processFaults } from './processes.js';
import { providerFaults } from './provider.js';

const faults: Fault[] = [...processFaults, ...networkFaults, ...postgresFaults, ...providerFaults, ...commandFaults];

/** The faults whose names begin with one of the prefixes; without prefixes all. Throws for a prefix without a fault. */
export function faultsNamed(prefixes: string[]): Fault[] {
  const unknown = prefixes.find((prefix) => !faults.some(({ name }) => name.startsWith(prefix)));
  if (unknown !== undefined) {
    throw new Error(
      `--faults ${unknown}: no fault has this prefix. Faults: ${faults.map(({ name }) => name).join(', ')}`,
    );
  }
  return prefixes.length === 0
    ? faults
    : faults.filter(({ name }) => prefixes.some((prefix) => name.startsWith(prefix)));
}
