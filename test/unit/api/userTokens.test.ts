import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { jwtVerify, SignJWT } from 'jose';
import { createJwks } from '../../../api/auth/jwks.js';
import { createUserTokens, type UserTokenSettings } from '../../../api/auth/userTokens.js';
import { Problem } from '../../../api/http/problem.js';
import { startIssuer, type TestIssuer } from '../../support/service/issuer.js';

jest.setTimeout(20_000);

const quiet = { warn: () => undefined };
const common = { issuer: 'https://issuer.example', audience: 'durable-turns', ownerClaim: 'sub' };
const claims = { iss: common.issuer, aud: common.audience, sub: 'ann' };

const codeOf = (error: unknown) => {
  if (error instanceof Problem) return error.code;
  throw error;
};

let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await startIssuer();
});
afterAll(() => issuer.close());

const withSet = (changed: Partial<UserTokenSettings> = {}) =>
  createUserTokens({ source: { jwksUrl: issuer.jwksUrl }, ...common, ...changed }, quiet);

const now = () => Math.floor(Date.now() / 1_000);
const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a token of a user', () => {
  it('names its owner, its level and its end', async () => {
    const exp = now() + 60;
    const verified = await withSet().verify(await issuer.sign({ ...claims, exp, level: 2 }));
    expect(verified).toMatchObject({
      owner: 'ann',
      level: 2,
      credential: 'user',
      rights: null,
      expiresAt: exp * 1_000,
    });
    expect(await withSet().verify(await issuer.sign(claims))).toMatchObject({ level: 1 });
  });

  it('names its owner by another claim with AUTH_OWNER_CLAIM', async () => {
    const token = await issuer.sign({ ...claims, 'https://app.example/user': 'ben' });
    expect(await withSet({ ownerClaim: 'https://app.example/user' }).verify(token)).toMatchObject({ owner: 'ben' });
    expect(await withSet({ ownerClaim: 'email' }).verify(token).catch(codeOf)).toBe('unauthorized');
  });

  it('is token_expired from the second of its exp on', async () => {
    const verify = withSet().verify;
    for (const exp of [now(), now() - 1, now() - 3_600])
      expect(await verify(await issuer.sign({ ...claims, exp })).catch(codeOf)).toBe('token_expired');
  });

  it('is refused with another issuer or audience, not yet valid, or without exp', async () => {
    const verify = withSet().verify;
    const wrong = [
      { iss: 'https://other.example' },
      { iss: undefined },
      { aud: 'another' },
      { aud: undefined },
      { nbf: now() + 60 },
      { exp: undefined },
    ];
    for (const change of wrong)
      expect([change, await verify(await issuer.sign({ ...claims, ...change })).catch(codeOf)]).toEqual([
        change,
        'unauthorized',
      ]);
    expect(await verify(await issuer.sign({ ...claims, aud: ['x', common.audience], nbf: now() + 2 }))).toMatchObject({
      owner: 'ann',
    });
  });

  it('is refused unless its owner and its level are well-formed', async () => {
    const verify = withSet().verify;
    const wrong = [
      ...['', ' ', 'a b', 'a:b', 'a\u0000b', 'a\u202eb', 'a\nb', '\ud800', 'x'.repeat(201)].map((sub) => ({ sub })),
      { sub: 7 as unknown as string },
      { sub: ['ann'] as unknown as string },
      ...[0, 4, 1.5, '2', null, true].map((level) => ({ level })),
    ];
    for (const change of wrong)
      expect([change, await verify(await issuer.sign({ ...claims, ...change })).catch(codeOf)]).toEqual([
        change,
        'unauthorized',
      ]);
    for (const sub of ['auth0|5f7c8ec7', 'ann@example.com', 'Ännchen', 'x'.repeat(200)])
      expect(await verify(await issuer.sign({ ...claims, sub }))).toMatchObject({ owner: sub });
  });

  it('is refused with no signature, another one, or a symmetric one made of a public key', async () => {
    const verify = withSet().verify;
    const payload = base64({ ...claims, exp: now() + 60 });
    const other = await startIssuer();
    const key = new TextEncoder().encode(JSON.stringify(issuer.publicJwk()));
    const good = await issuer.sign(claims);
    const tokens = [
      `${base64({ alg: 'none' })}.${payload}.`,
      `${base64({ alg: 'ES256', kid: 'key-1' })}.${payload}.AAAA`,
      await other.sign(claims),
      await new SignJWT({ ...claims, exp: now() + 60 }).setProtectedHeader({ alg: 'HS256', kid: 'key-1' }).sign(key),
      `${good.slice(0, -4)}AAAA`,
      'a.b.c',
    ];
    await other.close();
    for (const token of tokens) expect(await verify(token).catch(codeOf)).toBe('unauthorized');
  });

  it('is accepted without a key id', async () => {
    expect(await withSet().verify(await issuer.sign(claims, { kid: null }))).toMatchObject({ owner: 'ann' });
  });

  it('can be signed with a shared secret, by HS256 only', async () => {
    const secret = 'a-secret-of-the-operator-that-is-long-enough-for-every-algorithm-of-hmac';
    const users = createUserTokens({ source: { secret }, ...common }, quiet);
    const sign = (alg: string, by = secret) =>
      new SignJWT({ ...claims, exp: now() + 60 }).setProtectedHeader({ alg }).sign(new TextEncoder().encode(by));
    expect(await users.verify(await sign('HS256'))).toMatchObject({ owner: 'ann', level: 1 });
    expect(await users.verify(await sign('HS256', 'another-secret-of-an-attacker-long')).catch(codeOf)).toBe(
      'unauthorized',
    );
    expect(await users.verify(await sign('HS512')).catch(codeOf)).toBe('unauthorized');
    expect(await users.verify(await issuer.sign(claims)).catch(codeOf)).toBe('unauthorized');
  });
});

describe('a key set', () => {
  it('is read once for many tokens, and again for a new key', async () => {
    const own = await startIssuer();
    const { verify } = withSet({ source: { jwksUrl: own.jwksUrl } });
    const tokens = await Promise.all(Array.from({ length: 20 }, () => own.sign(claims)));
    await Promise.all(tokens.map(verify));
    expect(own.reads()).toBe(1);
    await own.rotate();
    expect(await verify(await own.sign(claims))).toMatchObject({ owner: 'ann' });
    expect(await verify(tokens[0]!).catch(codeOf)).toBe('unauthorized');
    await own.close();
  });

  it('is read at most once a second for keys that it does not have', async () => {
    const own = await startIssuer();
    const { verify } = withSet({ source: { jwksUrl: own.jwksUrl } });
    await verify(await own.sign(claims));
    const unknown = await Promise.all(Array.from({ length: 50 }, (_, n) => own.sign(claims, { kid: `guess-${n}` })));
    expect(new Set(await Promise.all(unknown.map((token) => verify(token).catch(codeOf))))).toEqual(
      new Set(['unauthorized']),
    );
    expect(own.reads()).toBe(2);
    await own.close();
  });

  it.each([500, 302, 'nonsense'] as const)('that answers %s is auth_unavailable, and no refusal', async (how) => {
    const own = await startIssuer();
    const { verify } = withSet({ source: { jwksUrl: own.jwksUrl } });
    own.fail(how);
    const refusal = await verify(await own.sign(claims)).catch((error: Problem) => error);
    expect(refusal).toMatchObject({ code: 'auth_unavailable', status: 503, headers: { 'Retry-After': '2' } });
    // Another request does not ask again at once.
    expect(await verify(await own.sign(claims)).catch(codeOf)).toBe('auth_unavailable');
    expect(own.reads()).toBe(1);
    await own.close();
  });

  it('that does not answer is auth_unavailable after three seconds', async () => {
    const own = await startIssuer();
    own.fail('silence');
    const { verify } = withSet({ source: { jwksUrl: own.jwksUrl } });
    const begun = performance.now();
    expect(await verify(await own.sign(claims)).catch(codeOf)).toBe('auth_unavailable');
    expect(performance.now() - begun).toBeLessThan(8_000);
    await own.close();
  });

  it('that does not answer in time keeps its keys in use: only a token of an unknown key waits for it', async () => {
    const own = await startIssuer();
    const getKey = createJwks(own.jwksUrl, quiet, { cacheMaxAge: 0 });
    const token = await own.sign(claims);
    expect((await jwtVerify(token, getKey)).payload.sub).toBe('ann');
    own.fail('silence');
    const unknown = own.sign(claims, { kid: 'another' }).then((signed) => jwtVerify(signed, getKey));
    const order: string[] = [];
    const waited = unknown.catch((error: Error) => void order.push(error.name));
    for (let n = 0; n < 5; n++) {
      expect((await jwtVerify(token, getKey)).payload.sub).toBe('ann');
      order.push('known');
    }
    await waited;
    expect(order).toEqual(['known', 'known', 'known', 'known', 'known', 'KeysUnavailable']);
    await own.close();
  });

  it('that is away keeps its keys in use, and an unknown key is not refused', async () => {
    const own = await startIssuer();
    const { verify } = withSet({ source: { jwksUrl: own.jwksUrl } });
    const token = await own.sign(claims);
    await verify(token);
    own.fail(503);
    await own.rotate();
    expect(await verify(await own.sign(claims)).catch(codeOf)).toBe('auth_unavailable');
    expect(await verify(token)).toMatchObject({ owner: 'ann' });
    await own.close();
  });
});
