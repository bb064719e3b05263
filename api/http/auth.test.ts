import { describe, expect, it } from '@jest/globals';
import { createAuth } from './auth.js';
import { Problem } from './problem.js';

const keyless = createAuth({ apiKeys: undefined, allowedOrigins: [] });
const keyed = createAuth({
  apiKeys: [
    { key: 'alpha', owner: 'ann' },
    { key: 'beta', owner: 'ben' },
  ],
  allowedOrigins: ['https://chat.example'],
});

function refusal(act: () => unknown): string | null {
  try {
    act();
    return null;
  } catch (error) {
    return codeOf(error);
  }
}

function codeOf(error: unknown): string {
  if (error instanceof Problem) return error.code;
  throw error;
}

describe('API keys', () => {
  it('name their owner', async () => {
    expect(await keyed.callerOf({ authorization: 'Bearer alpha' })).toMatchObject({ owner: 'ann', level: 3 });
    expect(await keyed.callerOf({ authorization: 'bearer  beta' })).toMatchObject({ owner: 'ben', level: 3 });
  });

  it.each([undefined, '', 'alpha', 'Bearer', 'Bearer ', 'Bearer alph', 'Bearer alpha beta', 'Basic alpha'])(
    'are refused with the header %j',
    async (authorization) => expect(await keyed.callerOf({ authorization }).catch(codeOf)).toBe('unauthorized'),
  );

  it('are not required when none are configured: every caller is the local owner', async () => {
    expect(await keyless.callerOf({})).toMatchObject({ owner: 'local', level: 3, rights: null });
    expect(keyless.keyed).toBe(false);
  });
});

describe('a service without keys', () => {
  it.each(['127.0.0.1:3000', 'localhost', 'LOCALHOST:80', '[::1]:3000'])('serves the host %s', (host) =>
    expect(refusal(() => keyless.checkHost({ host }))).toBeNull(),
  );

  it.each([undefined, '', 'evil.example', 'localhost.evil.example:3000', '127.0.0.1.evil.example', 'a b', '0.0.0.0'])(
    'the host %j is refused, as protection from DNS rebinding',
    (host) => expect(refusal(() => keyless.checkHost({ host }))).toBe('foreign_host'),
  );

  it('serves any host once there are keys', () => {
    expect(refusal(() => keyed.checkHost({ host: 'api.example' }))).toBeNull();
  });
});

describe('an origin is allowed', () => {
  it.each([
    [undefined, true],
    ['http://api.example:3000', true],
    ['https://chat.example', true],
    ['https://chat.example.evil', false],
    ['http://evil.example', false],
    ['http://api.example:3001', false],
    ['null', false],
    ['', false],
    ['file://', false],
  ])('when it is %j: %j', (origin, may) => expect(keyed.originAllowed({ origin, host: 'api.example:3000' })).toBe(may));

  it('is not this server with another scheme', () =>
    expect(keyed.originAllowed({ origin: 'https://api.example:3000', host: 'api.example:3000' })).toBe(false));

  it.each([
    ['https://api.example', 'https', true],
    ['https://api.example', 'https, http', true],
    ['https://api.example', 'HTTPS', true],
    ['http://api.example', 'https', false],
    ['http://api.example', 'http', true],
    ['http://api.example', '', true],
  ])('when it is %j and a proxy says that the client came by %j: %j', (origin, proto, may) =>
    expect(keyed.originAllowed({ origin, host: 'api.example', 'x-forwarded-proto': proto })).toBe(may),
  );
});
