import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { answerApproval, readPermission, requestApproval } from '../../../db/agents/approvals.js';
import { publishTools } from '../../../db/agents/tools.js';
import { builtins } from '../../../domain/agents/tools.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';
import { createServiceClient } from '../../support/viewers/serviceClient.js';

jest.setTimeout(20_000);

const dangerous = { ...builtins[0], name: 'wipe', source: 'mcp:files', level: 3, needsApproval: true } as const;

describe('a call of a tool of level 3 that waits for approval', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi({
      env: { API_KEYS: 'reader-key-0001:ann:1,writer-key-0002:ann:2,owner-key-00003:ann:3,another-owner-01:ben:3' },
    });
    await publishTools(api.database.pool, () => [...builtins, dangerous]);
  }, 60_000);
  afterAll(() => api.close());

  async function waitingCall(tool: string): Promise<string> {
    const client = createServiceClient(api.url, { key: 'owner-key-00003' });
    const chat = await client.newChat();
    const turn = await client.postTurn(chat.id, 'Go.');
    const { pool } = api.database;
    await pool.query(
      "insert into tool_calls (turn_id, call_id, iteration, position, name, arguments) values ($1, 'c', 0, 0, $2, '{}')",
      [turn.id, tool],
    );
    await requestApproval(pool, { turnId: turn.id, callId: 'c' });
    return `/v1/turns/${turn.id}/approvals/c`;
  }
  const approveFirst = async <A, B>(end: () => Promise<A>, approve: () => Promise<B>): Promise<[A, B]> => {
    const approved = await approve();
    return [await end(), approved];
  };
  const answer = (key: string, path: string, approved: boolean) =>
    createServiceClient(api.url, { key }).send<{ code?: string }>('POST', path, { approved });

  test.each(['wipe', 'unlisted'])('cannot be approved with a key below its level: %s', async (tool) => {
    const path = await waitingCall(tool);
    for (const key of ['reader-key-0001', 'writer-key-0002'])
      expect(await answer(key, path, true)).toMatchObject({ status: 403, body: { code: 'tool_not_permitted' } });
    expect((await answer('owner-key-00003', path, true)).status).toBe(202);
  });

  test('can be denied with any key of its owner', async () => {
    const path = await waitingCall('wipe');
    expect((await answer('reader-key-0001', path, false)).status).toBe(202);
    expect(await answer('owner-key-00003', path, true)).toMatchObject({ body: { code: 'approval_not_pending' } });
  });

  test('is not there for another owner, and for no one once its chat is deleted', async () => {
    const path = await waitingCall('wipe');
    expect(await answer('another-owner-01', path, true)).toMatchObject({
      status: 404,
      body: { code: 'turn_not_found' },
    });
    const turnId = path.split('/')[3]!;
    const { rows } = await api.database.pool.query('select chat_id as id from turns where id = $1', [turnId]);
    await createServiceClient(api.url, { key: 'owner-key-00003' }).send('DELETE', `/v1/chats/${rows[0].id}`);
    expect(await answer('owner-key-00003', path, true)).toMatchObject({ status: 404 });
  });

  test('has one decision when it is approved at the moment at which its time ends, and later answers change nothing', async () => {
    const { pool } = api.database;
    const won: string[] = [];
    for (let n = 0; n < 12; n++) {
      const path = await waitingCall('wipe');
      const key = { turnId: path.split('/')[3]!, callId: 'c' };
      const end = () => answerApproval(pool, key, { approved: false }, 'timeout');
      const approve = () => answer('owner-key-00003', path, true);
      const [ended, approved] = await (n % 2 === 0 ? Promise.all([end(), approve()]) : approveFirst(end, approve));
      const isApproved = approved.status === 202;
      expect([ended, approved.status]).toEqual(isApproved ? ['not_pending', 202] : ['decided', 409]);
      expect(await readPermission(pool, key)).toMatchObject({ approved: isApproved });
      const again = [await approve(), await answer('owner-key-00003', path, false)];
      expect(again.map(({ status }) => status)).toEqual(isApproved ? [202, 409] : [409, 202]);
      expect(await readPermission(pool, key)).toMatchObject({ approved: isApproved });
      won.push(isApproved ? 'approved' : 'ended');
    }
    expect(won).toContain('approved');
  }, 60_000);
});
