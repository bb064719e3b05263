import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestApi, type TestApi } from '../../support/service/api.js';

type Chat = { id: string; title: string | null };
type Read = { items: Chat[]; next: string | null; detail?: string; code?: string };

let api: TestApi;
const ids: string[] = [];

beforeAll(async () => {
  api = await startTestApi();
  for (const title of ['First', 'Second', 'Third', 'Fourth']) {
    const { body } = await api.client.send<Chat>('POST', '/v1/chats', { kind: 'agent', title });
    ids.push(body.id);
  }
  await api.client.postTurn(ids[1]!, 'Which one is the newest?');
  await api.client.postTurn(ids[0]!, 'Am I?');
}, 60_000);
afterAll(() => api.close());

const read = async (query: string) => (await api.client.send<Read>('GET', `/v1/chats?${query}`)).body;
const byActivity = () => [ids[2]!, ids[3]!, ids[1]!, ids[0]!];

async function walk(query: string): Promise<string[]> {
  const found: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Read = await read(`${query}&limit=1${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
    found.push(...page.items.map(({ id }) => id));
    cursor = page.next;
  }
  return found;
}

describe('the list of chats', () => {
  test('has the chats in the order of their creation, or of their newest event, by pages in both directions', async () => {
    expect(await walk('sort=created')).toEqual(ids);
    expect(await walk('sort=created&order=desc')).toEqual(ids.toReversed());
    expect(await walk('sort=activity')).toEqual(byActivity());
    expect(await walk('sort=activity&order=desc')).toEqual(byActivity().toReversed());
  });

  test('does not move a chat that is renamed', async () => {
    await api.client.send('PATCH', `/v1/chats/${ids[2]}`, { title: 'Third, renamed' });
    expect(await walk('sort=activity')).toEqual(byActivity());
  });

  test('finds chats by a part of the title or of the name of a character or document, whatever the case', async () => {
    const host = await api.client.createCharacter('Åse of the North');
    const chat = await api.client.createChat(host.id);
    expect((await read('q=RENAMED')).items.map(({ id }) => id)).toEqual([ids[2]]);
    expect((await read(`q=${encodeURIComponent('the north')}&sort=activity`)).items.map(({ id }) => id)).toEqual([
      chat.id,
    ]);
    expect((await read('q=%25')).items).toEqual([]);
  });

  test('refuses a cursor of another sort, and one that no list answered with', async () => {
    const { next } = await read('sort=activity&limit=1');
    for (const query of [
      `sort=created&cursor=${encodeURIComponent(next!)}`,
      `sort=activity&cursor=${ids[0]}`,
      `sort=activity&cursor=2026-02-31T00:00:00.000000Z,${ids[0]}`,
      'cursor=chat_1;drop',
      'sort=title',
    ]) {
      const answer = await api.client.send<Read>('GET', `/v1/chats?${query}`);
      expect([query, answer.status, answer.body.code]).toEqual([query, 400, 'invalid_query']);
    }
  });
});
