import type { Mutation } from './mutation.js';

/** Safeguards of who may do what, and of which addresses are called. */
export const access: Mutation[] = [
  {
    name: "the check of a stored provider's addresses",
    file: 'lib/providerAddress.ts',
    replace: [['    checkAddress(parsed, place, rules);\n', '']],
    test: {
      project: 'unit',
      file: 'lib/providerAddress.test.ts',
      name: 'is refused when one of its addresses is in a private network',
    },
  },
  {
    name: "the check of a webhook's address",
    file: 'lib/postToOwner.ts',
    replace: [['  checkSpelledHost(target, addresses);\n', '']],
    test: {
      project: 'unit',
      file: 'lib/postToOwner.test.ts',
      name: 'sends nothing to an address that is not allowed',
    },
  },
  {
    name: 'the scheme of an origin',
    file: 'api/http/auth.ts',
    replace: [['?.toLowerCase() && protocol ===', '?.toLowerCase() || protocol ===']],
    test: { project: 'unit', file: 'api/http/auth.test.ts', name: 'is not this server with another scheme' },
  },
  {
    name: 'the refusal of workers where there is no token',
    file: 'viewers/wire/socketHub.ts',
    replace: [['if (token === undefined) return false;', 'if (token === undefined) return true;']],
    test: {
      project: 'integration',
      file: 'test/integration/gateway/gatewayWire.test.ts',
      name: 'is never accepted by a gateway that has no token, whatever it sends',
    },
  },
  {
    name: 'the count of wrong keys on sockets',
    file: 'api/live/liveSocket.ts',
    replace: [["if (code === 'unauthorized') await options.wrongKeys(addressOf(request));", '']],
    test: {
      project: 'integration',
      file: 'test/integration/gateway/gatewayAccess.test.ts',
      name: 'is refused with 429 after too many wrong keys, except with a valid key from the same address',
    },
  },
  {
    name: 'the question whether a token permits a route',
    file: 'api/http/mount.ts',
    replace: [['  await permit(route, request, response);', '']],
    test: {
      project: 'integration',
      file: 'test/integration/api/tokens.test.ts',
      name: 'gets nothing of another chat of its owner by any call of the OpenAPI document',
    },
  },
  {
    name: 'the algorithms of tokens of users',
    file: 'api/auth/userTokens.ts',
    replace: [["    algorithms: 'secret' in source ? algorithms.secret : algorithms.jwks,", '']],
    test: {
      project: 'unit',
      file: 'test/unit/api/userTokens.test.ts',
      name: 'can be signed with a shared secret, by HS256 only',
    },
  },
  {
    name: 'the end of a token whose key was removed',
    file: 'api/auth/accessTokens.ts',
    replace: [['signParent(candidate) === found.parent', 'true']],
    test: {
      project: 'unit',
      file: 'test/unit/api/accessTokens.test.ts',
      name: 'is refused once its key is removed, replaced, or of another owner',
    },
  },
];
