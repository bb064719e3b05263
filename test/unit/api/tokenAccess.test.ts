import { expect, test } from '@jest/globals';
import { type AppDeps, routesOf } from '../../../api/app.js';
import { tokenAccess } from '../../../api/auth/tokenAccess.js';

/** The handlers are not called, so that they need nothing. */
const nothing: unknown = new Proxy(() => nothing, { get: () => nothing, apply: () => nothing });
const deps = { metrics: nothing, auth: nothing, limits: nothing, pool: nothing, feeds: nothing, hasMetricsPort: false };
const routes = routesOf(deps as unknown as AppDeps);

const accessOf = (operation: string) => {
  const access = tokenAccess[operation];
  return typeof access === 'object' ? access.path : access;
};

test('every route says what it is for tokens, so that none is forgotten (api/auth/tokenAccess.ts)', () => {
  expect(routes.map(({ operation }) => operation).filter((operation) => accessOf(operation) === undefined)).toEqual([]);
});

test('the table of tokens has no route that does not exist', () => {
  const operations = new Set(routes.map(({ operation }) => operation));
  expect(Object.keys(tokenAccess).filter((operation) => !operations.has(operation))).toEqual([]);
});

test('a route whose path names a thing is judged by it, or is refused for tokens of chats', () => {
  const params: Record<string, string> = {
    chat: ':chatId',
    turn: ':turnId',
    document: ':documentId',
    change: ':changeId',
    attachment: ':attachmentId',
    character: ':characterId',
  };
  for (const { operation, path } of routes) {
    const access = accessOf(operation) ?? '';
    const param = params[access];
    if (param) expect([operation, path.includes(param)]).toEqual([operation, true]);
    else if (access !== 'owner' && access !== 'noToken')
      expect([operation, path.includes(':')]).toEqual([operation, false]);
  }
});

test('only routes that require no key are public for tokens', () => {
  const open = routes.filter(({ path, keyed }) => !path.startsWith('/v1') && !keyed).map(({ operation }) => operation);
  expect(routes.map(({ operation }) => operation).filter((operation) => accessOf(operation) === 'public')).toEqual(
    open,
  );
});
