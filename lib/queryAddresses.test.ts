import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from '@jest/globals';
import { queryAddresses } from './queryAddresses.js';

/** What a name server answers: a response code and the bytes of addresses; null: nothing. */
type Answer = { code: number; addresses: number[][] } | null;

const IPV6 = 28;
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A name server on loopback that answers each query by the type of record that is asked for. */
async function startNameServer(answerTo: (isIpv6: boolean) => Answer): Promise<string> {
  const server = createSocket('udp4');
  server.on('message', (query, { port, address }) => {
    // The question's name ends with an empty label; its type and class follow.
    const end = query.indexOf(0, 12) + 5;
    const answer = answerTo(query.readUInt16BE(end - 4) === IPV6);
    if (!answer) return;
    const header = Buffer.from(query.subarray(0, 12));
    header.writeUInt16BE(0x8180 | answer.code, 2);
    header.writeUInt16BE(answer.addresses.length, 6);
    header.writeUInt32BE(0, 8);
    const records = answer.addresses.map((bytes) => {
      const type = query.subarray(end - 4, end);
      return Buffer.from([0xc0, 12, ...type, 0, 0, 0, 60, 0, bytes.length, ...bytes]);
    });
    server.send(Buffer.concat([header, query.subarray(12, end), ...records]), port, address);
  });
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    server.close();
    await once(server, 'close');
  });
  return `127.0.0.1:${server.address().port}`;
}

const none: Answer = { code: 0, addresses: [] };
const ipv4: Answer = { code: 0, addresses: [[8, 8, 8, 8]] };
const ipv6: Answer = { code: 0, addresses: [[0x26, 6, 0x47, 0, ...Array(11).fill(0), 1]] };

describe('the addresses of a name, from DNS', () => {
  test('are those of both kinds, IPv4 first', async () => {
    const server = await startNameServer((isIpv6) => (isIpv6 ? ipv6 : ipv4));
    expect(await queryAddresses('models.example', {}, [server])).toEqual([
      { address: '8.8.8.8', family: 4 },
      { address: '2606:4700::1', family: 6 },
    ]);
  });

  test('are those of one kind when the name has no others, or no others are asked for', async () => {
    const onlyIpv4 = await startNameServer((isIpv6) => (isIpv6 ? none : ipv4));
    expect(await queryAddresses('models.example', {}, [onlyIpv4])).toEqual([{ address: '8.8.8.8', family: 4 }]);
    const both = await startNameServer((isIpv6) => (isIpv6 ? ipv6 : ipv4));
    expect(await queryAddresses('models.example', { family: 6 }, [both])).toEqual([
      { address: '2606:4700::1', family: 6 },
    ]);
  });

  test.each([
    ['ENOTFOUND', 'the name does not exist', { code: 3, addresses: [] }],
    ['ENOTFOUND', 'the name has no address', none],
    ['EAI_AGAIN', 'the server fails', { code: 2, addresses: [] }],
    ['EAI_AGAIN', 'the server refuses', { code: 5, addresses: [] }],
  ])('fail with %s when %s', async (code, _when, answer) => {
    const server = await startNameServer(() => answer);
    await expect(queryAddresses('models.example', {}, [server])).rejects.toMatchObject({ code });
  });

  test('fail when the server is silent, and other names are resolved meanwhile', async () => {
    const [silent, quick] = [await startNameServer(() => null), await startNameServer(() => ipv4)];
    let settled = 0;
    const slow = Array.from({ length: 100 }, (_, n) =>
      queryAddresses(`${n}.slow.example`, {}, [silent]).finally(() => {
        settled += 1;
      }),
    );
    const outcomes = Promise.allSettled(slow);
    await queryAddresses('models.example', { family: 4 }, [quick]);
    expect(settled).toBe(0);
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ reason: { code: 'EAI_AGAIN' } });
  }, 20_000);
});
