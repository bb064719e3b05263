import type { Fault } from './fault.js';
import { peopleFaults } from './people.js';
import { postgresFaults } from './postgres.js';
import { processFaults } from './processes.js';
import { providerFaults } from './provider.js';
import { wayFaults } from './ways.js';

const faults: Fault[] = [...processFaults, ...wayFaults, ...postgresFaults, ...providerFaults, ...peopleFaults];

/** The faults whose names begin with one of the prefixes; all where there are none. Throws where one begins none. */
export function faultsNamed(prefixes: string[]): Fault[] {
  const unknown = prefixes.find((prefix) => !faults.some(({ name }) => name.startsWith(prefix)));
  if (unknown !== undefined) {
    throw new Error(`--faults ${unknown}: no fault begins so; there are ${faults.map(({ name }) => name).join(', ')}`);
  }
  return prefixes.length === 0
    ? faults
    : faults.filter(({ name }) => prefixes.some((prefix) => name.startsWith(prefix)));
}
