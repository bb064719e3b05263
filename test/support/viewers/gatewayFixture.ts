import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import { createAuth } from '../../../api/http/auth.js';
import { createSocketWire } from '../../../viewers/wire/socketWire.js';
import type { Wire } from '../../../viewers/wire/wire.js';
import { owner, seedChat } from '../chats/chats.js';
import { createTestDatabase, type TestDatabase } from '../postgres/postgres.js';
import { startReply, type TestReply } from '../provider/reply.js';
import { type GatewayOptions, quiet, startGateway, type TestGateway, wireToken } from './gateway.js';
import { type TestViewer, type WatchOptions, watchEvents, watchSocket } from './viewer.js';

export const ann = { key: 'key-of-ann', owner };
export const ben = { key: "key!#$%&'*+.^_`|~of-ben", owner: 'ben' };

/** A gateway, a worker's wire and a chat, all made before each test. After it, no viewer may have seen a violation. */
export type GatewayFixture = {
  database: TestDatabase;
  gateway: TestGateway;
  wire: Wire;
  chatId: string;
  viewers: TestViewer[];
  overSocket(options?: WatchOptions): TestViewer;
  overEvents(options?: WatchOptions): TestViewer;
  begin(): Promise<TestReply>;
  /** Replaces the gateway with another one on the same port. */
  restart(): Promise<void>;
};

/** Call it at the top of a test file: it registers the hooks. */
export function useGatewayFixture(options: Partial<GatewayOptions> = {}): GatewayFixture {
  const auth = createAuth({ apiKeys: [ann, ben], allowedOrigins: ['https://friend.example'] });
  const track = (viewer: TestViewer) => {
    fixture.viewers.push(viewer);
    return viewer;
  };
  const fixture = {
    viewers: [] as TestViewer[],
    overSocket: (how: WatchOptions = {}) =>
      track(watchSocket(fixture.gateway.url, fixture.chatId, { key: ann.key, ...how })),
    overEvents: (how: WatchOptions = {}) => track(watchEvents(fixture.gateway.url, fixture.chatId, how)),
    begin: () => startReply(fixture.database.pool, fixture.wire, fixture.chatId),
    async restart() {
      const { port } = fixture.gateway;
      await fixture.gateway.close();
      fixture.gateway = await startGateway({ ...options, database: fixture.database, auth, port });
    },
  } as GatewayFixture;

  beforeAll(async () => {
    fixture.database = await createTestDatabase();
  }, 60_000);
  afterAll(() => fixture.database?.drop());
  beforeEach(async () => {
    fixture.viewers = [];
    fixture.gateway = await startGateway({ ...options, database: fixture.database, auth });
    fixture.wire = createSocketWire({ gatewayUrl: fixture.gateway.url, token: wireToken, log: quiet });
    fixture.chatId = (await seedChat(fixture.database.pool)).chatId;
  });
  afterEach(async () => {
    for (const viewer of fixture.viewers) viewer.close();
    await fixture.wire.close();
    await fixture.gateway.close();
    expect(fixture.viewers.flatMap((viewer) => viewer.violations)).toEqual([]);
  });
  return fixture;
}
