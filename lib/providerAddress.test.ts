import type { LookupAddress } from 'node:dns';
import { describe, expect, test } from '@jest/globals';
import {
  type AddressRules,
  type AllowedHost,
  checkSpelledHost,
  createCheckedLookup,
  parseAllowedHost,
  type Resolve,
} from './providerAddress.js';

const rules = (...hosts: string[]): AddressRules => ({
  allowed: hosts.map((host) => parseAllowedHost(host) as AllowedHost),
  loopback: false,
});

const isSpelledAllowed = (url: string, given: AddressRules): boolean => {
  try {
    checkSpelledHost(new URL(url), given);
    return true;
  } catch {
    return false;
  }
};

/** The addresses that a connection to the URL would use, with a resolver that answers with these addresses. */
function connectsTo(url: string, addresses: string[], given: AddressRules): Promise<string[]> {
  const resolve: Resolve = async () =>
    addresses.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 }));
  const lookup = createCheckedLookup(new URL(url), given, resolve);
  return new Promise((settle, reject) =>
    lookup(new URL(url).hostname, { all: true }, (error, found) =>
      error ? reject(error) : settle((found as LookupAddress[]).map(({ address }) => address)),
    ),
  );
}

const privateAddresses = [
  '127.0.0.1',
  '127.8.9.1',
  '0.0.0.0',
  '10.1.2.3',
  '172.16.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '192.0.0.8',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::1',
  '::',
  'fe80::1',
  'fc00::1',
  'fec0::1',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::127.0.0.1',
  '::ffff:0:10.0.0.1',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b:1::1',
  '2002:7f00:1::',
  '2001:0:7f00:1::1',
  '2001:db8::1',
  '4000::1',
];

describe('the host of a stored provider', () => {
  test.each(privateAddresses)(
    'is refused as the private address %s, and as a name with that address',
    async (address) => {
      const host = address.includes(':') ? `[${address}]` : address;
      expect(isSpelledAllowed(`http://${host}/v1`, rules())).toBe(false);
      await expect(connectsTo('http://models.example/v1', [address], rules())).rejects.toThrow('neither public');
    },
  );

  test.each([
    'http://2130706433/v1',
    'http://0x7f000001/v1',
    'http://0177.0.0.1/v1',
    'http://127.1/v1',
    'http://0/v1',
    'http://127.0.0.1./v1',
    'http://%31%32%37.0.0.1/v1',
    'http://①②⑦.0.0.1/v1',
    'http://localhost/v1',
    'http://LOCALHOST./v1',
    'http://a.localhost/v1',
  ])('is refused for every spelling of a loopback address: %s', (url) => {
    expect(isSpelledAllowed(url, rules())).toBe(false);
  });

  test.each(['8.8.8.8', '2606:4700:4700::1111'])(
    'is connected to at the address that was checked: %s',
    async (address) => {
      expect(await connectsTo('https://models.example/v1', [address], rules())).toEqual([address]);
    },
  );

  test('is refused when one of its addresses is in a private network', async () => {
    await expect(connectsTo('https://models.example/v1', ['8.8.8.8', '10.0.0.1'], rules())).rejects.toThrow();
  });

  test('is looked up for each connection, so that a name that later points to a private network is refused', async () => {
    let address = '8.8.8.8';
    const lookup = createCheckedLookup(new URL('https://models.example'), rules(), async () => [
      { address, family: 4 },
    ]);
    const look = () =>
      new Promise((settle) => lookup('models.example', {}, (error, found) => settle(error?.message ?? found)));
    expect(await look()).toBe('8.8.8.8');
    address = '127.0.0.1';
    expect(await look()).toMatch('neither public');
  });

  test('fails as not found when the name has no address', async () => {
    await expect(connectsTo('http://models.example', [], rules())).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });
});

describe('ALLOWED_PROVIDER_HOSTS', () => {
  test.each([
    ['127.0.0.1', 'http://127.0.0.1:11434/v1', true],
    ['127.0.0.1:11434', 'http://127.0.0.1:11434/v1', true],
    ['127.0.0.1:11434', 'http://127.0.0.1:5432/v1', false],
    ['127.0.0.1:80', 'http://127.0.0.1/v1', true],
    ['127.0.0.1', 'http://[::ffff:127.0.0.1]/v1', true],
    ['127.0.0.1', 'http://127.0.0.2/v1', false],
    ['10.0.0.0/8', 'http://10.9.8.7/v1', true],
    ['10.0.0.0/8:8000', 'http://10.9.8.7:8001/v1', false],
    ['10.0.0.0/8', 'http://[fd00::1]/v1', false],
    ['fd00::/8', 'http://[fd00::1]/v1', true],
    ['[fd00::1]:8000', 'http://[fd00::1]:8000/v1', true],
    ['[fd00::1]:8000', 'http://[fd00::1]:22/v1', false],
    ['localhost:11434', 'http://localhost:11434/v1', true],
    ['localhost:11434', 'http://localhost:5432/v1', false],
  ])('set to %s: a request to %s is allowed: %p', (host, url, expected) => {
    expect(isSpelledAllowed(url, rules(host))).toBe(expected);
  });

  test('allows a name with any address, and no other name', async () => {
    const given = rules('Models.Internal:8000');
    expect(await connectsTo('http://models.internal:8000', ['10.0.0.1'], given)).toEqual(['10.0.0.1']);
    await expect(connectsTo('http://models.internal:22', ['10.0.0.1'], given)).rejects.toThrow();
    await expect(connectsTo('http://a.models.internal:8000', ['10.0.0.1'], given)).rejects.toThrow();
  });

  test('allows the names that point into an allowed range', async () => {
    expect(await connectsTo('http://models.internal', ['10.0.0.1'], rules('10.0.0.0/8'))).toEqual(['10.0.0.1']);
  });

  test.each(['', 'a b', 'http://x', 'x:0', 'x:70000', '10.0.0.0/33', '1.2.3', 'x/8', '[::1', '*.x'])(
    'is refused with the entry %p',
    (entry) => expect(parseAllowedHost(entry)).toBeNull(),
  );
});

test('a single owner without keys reaches models on the same machine, and no private network', () => {
  const given = { allowed: [], loopback: true };
  for (const host of ['127.0.0.1:11434', 'localhost:11434', '[::1]:11434'])
    expect(isSpelledAllowed(`http://${host}/v1`, given)).toBe(true);
  for (const host of ['169.254.169.254', '192.168.1.1', '0.0.0.0'])
    expect(isSpelledAllowed(`http://${host}/v1`, given)).toBe(false);
});
