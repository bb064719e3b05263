import type { Refusal } from '../provider/faultProxy.js';
import { type Fault, fired, missed } from './fault.js';

/** Faults of the provider: it refuses, breaks a stream off, or sends nothing more. */

function refusing(name: Refusal['name'], weight: number): Fault {
  return {
    name: `provider ${name}`,
    weight,
    target: `provider ${name}`,
    async run({ testbed, random }) {
      const times = random.between(1, 3);
      const refused = await testbed.provider.faultProxy.refuse({ name }, times, 4_000);
      return refused > 0 ? fired(`${refused} requests`) : missed('there was no request');
    },
  };
}

const breaking: Fault = {
  name: 'provider breaks off',
  weight: 3,
  target: 'streams of the provider',
  async run({ testbed, random }) {
    const { faultProxy } = testbed.provider;
    const stream = random.pick(faultProxy.streams());
    if (!stream) return missed('no stream was in flight');
    return faultProxy.reset(stream) ? fired(`${stream.step} was reset`) : missed('it had just ended');
  },
};

const silent: Fault = {
  name: 'provider silent',
  weight: 2,
  target: 'silence of the provider',
  async run({ testbed, random }) {
    const { faultProxy } = testbed.provider;
    const stream = random.pick(faultProxy.streams());
    if (!stream) return missed('no stream was in flight');
    const left = await faultProxy.silence(stream, 20_000);
    return left ? fired(`${stream.step} was given up by the service`) : missed('the connection stayed open');
  },
};

export const providerFaults: Fault[] = [refusing('429', 2), refusing('500', 2), refusing('reset', 2), breaking, silent];
