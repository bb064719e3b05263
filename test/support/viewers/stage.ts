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

/** Before each test a gateway, a worker's wire and a chat; after it, that all viewers saw what the contract says. */
export type Stage = {
  database: TestDatabase;
  gateway: TestGateway;
  wire: Wire;
  chatId: string;
  viewers: TestViewer[];
  overSocket(options?: WatchOptions): TestViewer;
  overEvents(options?: WatchOptions): TestViewer;
  begin(): Promise<TestReply>;
  /** Another gateway in the place of this one. */
  restart(): Promise<void>;
};

export function setStage(options: Partial<GatewayOptions> = {}): Stage {
  const auth = createAuth({ apiKeys: [ann, ben], allowedOrigins: ['https://friend.example'] });
  const track = (viewer: TestViewer) => {
    stage.viewers.push(viewer);
    return viewer;
  };
  const stage = {
    viewers: [] as TestViewer[],
    overSocket: (how: WatchOptions = {}) =>
      track(watchSocket(stage.gateway.url, stage.chatId, { key: ann.key, ...how })),
    overEvents: (how: WatchOptions = {}) => track(watchEvents(stage.gateway.url, stage.chatId, how)),
    begin: () => startReply(stage.database.pool, stage.wire, stage.chatId),
    async restart() {
      const { port } = stage.gateway;
      await stage.gateway.close();
      stage.gateway = await startGateway({ ...options, database: stage.database, auth, port });
    },
  } as Stage;

  beforeAll(async () => {
    stage.database = await createTestDatabase();
  }, 60_000);
  afterAll(() => stage.database?.drop());
  beforeEach(async () => {
    stage.viewers = [];
    stage.gateway = await startGateway({ ...options, database: stage.database, auth });
    stage.wire = createSocketWire({ gatewayUrl: stage.gateway.url, token: wireToken, log: quiet });
    stage.chatId = (await seedChat(stage.database.pool)).chatId;
  });
  afterEach(async () => {
    for (const viewer of stage.viewers) viewer.close();
    await stage.wire.close();
    await stage.gateway.close();
    expect(stage.viewers.flatMap((viewer) => viewer.violations)).toEqual([]);
  });
  return stage;
}
