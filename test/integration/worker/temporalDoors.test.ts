import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { startTemporalServer, type TemporalServer } from '../../support/temporal/temporalServer.js';

let server: TemporalServer;
let connection: Connection;
let client: Client;
beforeAll(async () => {
  server = await startTemporalServer();
  connection = await Connection.connect({ address: server.address });
  client = new Client({ connection });
}, 90_000);
afterAll(async () => {
  await connection?.close();
  await server?.stop();
}, 30_000);

/** What a page can send to an address that it guesses, without being asked for leave: a POST of plain text. */
function blindPost(path: string, host: string): Promise<number> {
  const headers = { host, origin: 'https://evil.example', 'content-type': 'text/plain' };
  return new Promise((resolve, reject) => {
    const call = request(`${server.http}${path}`, { method: 'POST', headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    call.on('error', reject);
    call.end('{}');
  });
}

describe('the HTTP API of the Temporal that npm start runs', () => {
  const own = () => new URL(server.http).host;
  test.each([
    ['by its address', own],
    ['by localhost', () => own().replace('127.0.0.1', 'localhost')],
    ['by a name that was pointed here', () => 'evil.example'],
    ['without a name', () => ''],
  ])('accepts no request from a web page, sent %s', async (_, host) => {
    const workflowId = `turn-${Math.random()}`;
    const handle = await client.workflow.start('turn', { workflowId, taskQueue: 'nobody-polls' });
    const workflows = `/api/v1/namespaces/default/workflows/${workflowId}`;
    for (const path of [`${workflows}/terminate`, `${workflows}/signal/approve`, `${workflows}/cancel`])
      expect(await blindPost(path, host())).toBe(403);
    expect(await blindPost('/api/v1/namespaces/default/batch-operations/b1', host())).toBe(403);
    expect((await handle.describe()).status.name).toBe('RUNNING');
    const { events } = await handle.fetchHistory();
    expect(events?.filter(({ workflowExecutionSignaledEventAttributes: signal }) => signal)).toEqual([]);
  });
});
