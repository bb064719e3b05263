import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import express, { type Response } from 'express';
import { fairIntake, leaveIntake } from './fairIntake.js';

let url: string;
let close: () => Promise<void>;
/** The requests that the handler has, with their owners, in order. */
let taken: { owner: string; response: Response }[];
let onTaken: () => void;

beforeEach(async () => {
  taken = [];
  onTaken = () => undefined;
  const app = express();
  app.use((request, response, next) => {
    response.locals.owner = request.query.owner;
    next();
  });
  // One owner alone has three of the four places.
  app.use(fairIntake(4), (request, response) => {
    taken.push({ owner: String(request.query.owner), response });
    onTaken();
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
});
afterEach(() => close());

const ask = (owner: string, signal?: AbortSignal) =>
  fetch(`${url}?owner=${owner}`, { signal: signal ?? null }).then(
    (answer) => answer.status,
    () => 'gone',
  );

/** Resolves once the handler has been given this many requests in all. */
const handled = (count: number) =>
  new Promise<void>((resolve) => {
    onTaken = () => taken.length >= count && resolve();
    onTaken();
  });

const owners = () => taken.map(({ owner }) => owner).join(' ');

test('the request of one owner is handled before the many that wait of another', async () => {
  const many = Array.from({ length: 20 }, () => ask('many'));
  await handled(3);
  const one = ask('one');
  await handled(4);
  expect(owners()).toBe('many many many one');
  taken[3]?.response.end();
  expect(await one).toBe(200);
  for (let at = 0; at < 21; at++) {
    await handled(at + 1);
    taken[at]?.response.end();
  }
  expect(new Set(await Promise.all(many))).toEqual(new Set([200]));
});

test('a request gives its place back with its headers, or when it begins to wait', async () => {
  const four = Array.from({ length: 4 }, () => ask('many'));
  await handled(3);
  taken[0]?.response.writeHead(200).write('the beginning of a stream');
  await handled(4);
  const more = [ask('many'), ask('many')];
  leaveIntake(taken[1]!.response);
  await handled(5);
  leaveIntake(taken[1]!.response);
  leaveIntake(taken[2]!.response);
  await handled(6);
  for (const { response } of taken) response.end();
  await Promise.all([...four, ...more]);
});

test('a request whose client leaves while it waits is not handled', async () => {
  const three = Array.from({ length: 3 }, () => ask('many'));
  await handled(3);
  const leaving = new AbortController();
  const gone = ask('many', leaving.signal);
  const last = ask('many');
  leaving.abort();
  expect(await gone).toBe('gone');
  taken[0]?.response.end();
  await handled(4);
  for (const { response } of taken) response.end();
  expect(await Promise.all([...three, last])).toEqual([200, 200, 200, 200]);
  expect(taken).toHaveLength(4);
});
