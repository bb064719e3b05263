import type { LookupAddress, LookupOptions } from 'node:dns';
import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { queryAddresses } from './queryAddresses.js';

/** One entry of `ALLOWED_PROVIDER_HOSTS`: a name or a range of addresses, and one port of it or all. */
export type AllowedHost = ({ name: string } | { range: [Address, number] }) & { port: number | null };

/** The addresses that a stored provider may have beside public ones. */
export type AddressRules = { allowed: readonly AllowedHost[]; loopback: boolean };

/** Resolves a name to all its addresses, as `dns.lookup` does. */
export type Resolve = (name: string, options: LookupOptions) => Promise<LookupAddress[]>;

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Place = { host: string; port: number };

/** The address is not allowed. The log shows `code`. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
  readonly code = 'ADDRESS_REFUSED';
  constructor() {
    super('the address is neither public nor in ALLOWED_PROVIDER_HOSTS');
  }
}

/** `name`, `address` or `address/bits`, each with `:port` or without; IPv6 addresses with a port stand in brackets. */
export function parseAllowedHost(entry: string): AllowedHost | null {
  const [, bracketed, plain, digits] =
    /^(?:\[([\da-f:.]+(?:\/\d{1,3})?)\]|([^[\]\s:]+|[\da-f:.]+:[\da-f:.]*(?:\/\d{1,3})?))(?::(\d{1,5}))?$/i.exec(
      entry,
    ) ?? [];
  const host = bracketed ?? plain;
  const port = digits === undefined ? null : Number(digits);
  if (host === undefined || (port !== null && (port < 1 || port > 65_535))) return null;
  if (host.includes('/')) return ipaddr.isValidCIDR(host) ? { range: ipaddr.parseCIDR(host), port } : null;
  const address = parseAddress(host);
  if (address) return { range: [address, address.kind() === 'ipv4' ? 32 : 128], port };
  return /^[a-z0-9_]([\w.-]*[a-z0-9_])?$/i.test(host) && !/^[\d.]+$/.test(host) ? { name: nameOf(host), port } : null;
}

/**
 * Checks the host of a provider's URL as far as that needs no lookup: addresses and `localhost`. The URL parser normalises
 * numbers of any base. Throws `AddressRefused`.
 */
export function checkSpelledHost(url: URL, rules: AddressRules): void {
  const place = placeOf(url);
  if (isNamed(place, rules)) return;
  const address = parseAddress(place.host);
  if (address) checkAddress(address, place, rules);
  else if (/(^|\.)localhost$/.test(place.host) && !rules.loopback) throw new AddressRefused();
}

/**
 * A lookup function for connections to one provider. It checks the addresses that it gives, so that the connection uses
 * exactly the checked addresses. One address that is not allowed refuses all of them.
 */
export function createCheckedLookup(
  url: URL,
  rules: AddressRules,
  resolve: Resolve = chooseResolve(url, rules),
): LookupFunction {
  const { port } = placeOf(url);
  return (name, options, callback) => {
    resolveChecked({ host: nameOf(name), port }, options, { rules, resolve }).then(
      (found) => (options.all ? callback(null, found) : callback(null, found[0]!.address, found[0]!.family)),
      (error: NodeJS.ErrnoException) => callback(error, ''),
    );
  };
}

/**
 * Only names that the operator chose may take one of the few threads for lookups: an owner's name may be slow to resolve
 * on purpose.
 */
const chooseResolve = (url: URL, rules: AddressRules): Resolve =>
  rules.loopback || isNamed(placeOf(url), rules) ? lookupAll : (name, options) => queryAddresses(name, options);

const lookupAll: Resolve = (name, options) => lookup(name, { ...options, all: true });

async function resolveChecked(
  place: Place,
  options: LookupOptions,
  { rules, resolve }: { rules: AddressRules; resolve: Resolve },
): Promise<LookupAddress[]> {
  const found = await resolve(place.host, { ...options, all: true });
  if (found.length === 0) throw Object.assign(new Error('the name has no address'), { code: 'ENOTFOUND' });
  if (isNamed(place, rules)) return found;
  for (const { address } of found) {
    const parsed = parseAddress(address);
    if (!parsed) throw new AddressRefused();
    checkAddress(parsed, place, rules);
  }
  return found;
}

function checkAddress(address: Address, { port }: Place, rules: AddressRules): void {
  if (isPublic(address)) return;
  if (rules.loopback && address.range() === 'loopback') return;
  const listed = rules.allowed.some(
    (entry) => 'range' in entry && portFits(entry, port) && inRange(address, entry.range),
  );
  if (!listed) throw new AddressRefused();
}

/** Whether the operator has listed the name: then every address of it is allowed. */
const isNamed = ({ host, port }: Place, { allowed }: AddressRules): boolean =>
  allowed.some((entry) => 'name' in entry && entry.name === host && portFits(entry, port));

const portFits = (entry: AllowedHost, port: number): boolean => entry.port === null || entry.port === port;

const inRange = (address: Address, [range, bits]: [Address, number]): boolean =>
  address.kind() === range.kind() && address.match(range as never, bits);

/** Whether the address is routed on the internet. For IPv6: 2000::/3 without reserved ranges and those that map to IPv4. */
function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  return address.kind() === 'ipv4' || (address.toByteArray()[0]! & 0xe0) === 0x20;
}

/** Parses an address. An IPv4-mapped IPv6 address becomes IPv4. */
function parseAddress(text: string): Address | null {
  const bare = text.replace(/^\[(.*)\]$/, '$1');
  return ipaddr.IPv4.isValidFourPartDecimal(bare) || ipaddr.IPv6.isValid(bare) ? ipaddr.process(bare) : null;
}

const placeOf = ({ hostname, port, protocol }: URL): Place => ({
  host: nameOf(hostname),
  port: port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port),
});

const nameOf = (host: string): string => host.toLowerCase().replace(/\.$/, '');
