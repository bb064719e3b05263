import type { Refusal } from '../provider/front.js';
import { type Fault, fired, missed } from './fault.js';

/** A provider that refuses, breaks off and falls silent. */

function refusing(name: Refusal['name'], weight: number): Fault {
  return {
    name: `provider ${name}`,
    weight,
    target: `provider ${name}`,
    async run({ stage, dice }) {
      const times = dice.between(1, 3);
      const refused = await stage.provider.front.refuse({ name }, times, 4_000);
      return refused > 0 ? fired(`${refused} requests`) : missed('no request came');
    },
  };
}

const breaking: Fault = {
  name: 'provider breaks off',
  weight: 3,
  target: 'streams of the provider',
  async run({ stage, dice }) {
    const { front } = stage.provider;
    const stream = dice.pick(front.streams());
    if (!stream) return missed('no stream was in flight');
    return front.reset(stream) ? fired(`${stream.step} was reset`) : missed('it had just ended');
  },
};

const silent: Fault = {
  name: 'provider silent',
  weight: 2,
  target: 'silence of the provider',
  async run({ stage, dice }) {
    const { front } = stage.provider;
    const stream = dice.pick(front.streams());
    if (!stream) return missed('no stream was in flight');
    const left = await front.silence(stream, 20_000);
    return left ? fired(`${stream.step} was given up by the service`) : missed('the connection stayed open');
  },
};

export const providerFaults: Fault[] = [refusing('429', 2), refusing('500', 2), refusing('reset', 2), breaking, silent];
