import { describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { createAccessTokens } from '../../../api/auth/accessTokens.js';
import type { Caller } from '../../../api/auth/caller.js';
import { createAuth } from '../../../api/http/auth.js';
import { Problem } from '../../../api/http/problem.js';

const secret = 'a-secret-that-signs-tokens-0123456789';
const tokens = createAccessTokens(secret);
const all = { scope: 'write', chatIds: null } as const;
const soon = () => Date.now() + 60_000;

const authWith = (...apiKeys: { key: string; owner: string; level?: number }[]) =>
  createAuth({ apiKeys, allowedOrigins: [], tokens });

const codeOf = (error: unknown) => {
  if (error instanceof Problem) return error.code;
  throw error;
};

const signFor = async (key: string, auth = authWith({ key: 'alpha', owner: 'ann' })) =>
  tokens.sign(await auth.authenticate(key), all, soon());

describe('a token of POST /v1/tokens', () => {
  it('acts for the owner of its parent, with the rights that were left', async () => {
    const auth = authWith({ key: 'alpha', owner: 'ann', level: 2 });
    const expiresAt = soon();
    const rights = { scope: 'read' as const, chatIds: ['chat_1', 'chat_2'] };
    const token = await tokens.sign(await auth.authenticate('alpha'), rights, expiresAt);
    const caller = await auth.authenticate(token);
    expect(caller).toMatchObject({ owner: 'ann', level: 2, credential: 'token', rights });
    expect(Math.abs((caller.expiresAt ?? 0) - expiresAt)).toBeLessThan(1);
  });

  it('is token_expired from its end on', async () => {
    const auth = authWith({ key: 'alpha', owner: 'ann' });
    const token = await tokens.sign(await auth.authenticate('alpha'), all, Date.now());
    expect(await auth.authenticate(token).catch(codeOf)).toBe('token_expired');
  });

  it('is refused once its key is removed, replaced, or of another owner', async () => {
    const token = await signFor('alpha');
    const later = [
      authWith({ key: 'beta', owner: 'ben' }),
      authWith({ key: 'alpha2', owner: 'ann' }),
      authWith({ key: 'alpha', owner: 'ben' }),
      authWith(),
    ];
    for (const auth of later) expect(await auth.authenticate(token).catch(codeOf)).toBe('unauthorized');
  });

  it('gets the level of its key if that was lowered, and not a higher one', async () => {
    const auth = authWith({ key: 'alpha', owner: 'ann', level: 2 });
    const token = await signFor('alpha', auth);
    expect(await authWith({ key: 'alpha', owner: 'ann', level: 1 }).authenticate(token)).toMatchObject({ level: 1 });
    expect(await authWith({ key: 'alpha', owner: 'ann', level: 3 }).authenticate(token)).toMatchObject({ level: 2 });
  });

  it('of a service without keys is refused as soon as there are keys', async () => {
    const token = await tokens.sign(await authWith().authenticate(undefined), all, soon());
    expect(await authWith().authenticate(token)).toMatchObject({ owner: 'local', rights: all });
    expect(await authWith({ key: 'alpha', owner: 'local' }).authenticate(token).catch(codeOf)).toBe('unauthorized');
  });

  it('is refused with another secret, a changed text, or another kind of token in its place', async () => {
    const auth = authWith({ key: 'alpha', owner: 'ann' });
    const token = await signFor('alpha');
    const [head = '', body = '', signature = ''] = token.split('.');
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
    const changed = Buffer.from(JSON.stringify({ ...claims, sub: 'ben' })).toString('base64url');
    const other = createAccessTokens('another-secret-0123456789-0123456789');
    const none = Buffer.from('{"alg":"none","typ":"durable-turns"}').toString('base64url');
    const foreign = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', typ: 'durable-turns' })
      .sign(new TextEncoder().encode(secret));
    const wrong = [
      await other.sign((await auth.authenticate('alpha')) satisfies Caller, all, soon()),
      `${head}.${changed}.${signature}`,
      `${head}.${body}.`,
      `dtt_${none}.${body}.`,
      `dtt_${foreign}`,
      'dtt_',
      'dtt_a.b.c',
    ];
    for (const text of wrong)
      expect([text, await auth.authenticate(text).catch(codeOf)]).toEqual([text, 'unauthorized']);
  });

  it('does not contain a hash by which its key could be guessed', async () => {
    const text = Buffer.from((await signFor('alpha')).split('.')[1] ?? '', 'base64url').toString();
    const { createHash } = await import('node:crypto');
    const hash = createHash('sha256').update('alpha');
    const forms = [hash.copy().digest('hex'), hash.copy().digest('base64url'), hash.copy().digest('base64')];
    for (const form of forms) expect(text).not.toContain(form.slice(0, 12));
  });

  it('that is also configured as an API key is that key', async () => {
    const auth = authWith({ key: 'dtt_my-own-key', owner: 'ann' });
    expect(await auth.authenticate('dtt_my-own-key')).toMatchObject({ owner: 'ann', credential: 'key' });
  });
});

describe('a session', () => {
  const follow = (auth: ReturnType<typeof authWith>, caller: Caller) =>
    new Promise<string>((resolve) => auth.follow(caller, resolve));

  it('ends when its token does', async () => {
    const auth = authWith({ key: 'alpha', owner: 'ann' });
    const token = await tokens.sign(await auth.authenticate('alpha'), all, Date.now() + 200);
    const begun = performance.now();
    expect(await follow(auth, await auth.authenticate(token))).toBe('token_expired');
    expect(performance.now() - begun).toBeLessThan(2_000);
  });

  it('ends when the key behind it is removed from the file, and not when another one is', async () => {
    const hashed = (key: string, owner: string) => ({ hash: sha256(key), owner, level: 3, stopsOnClose: false });
    const { sha256, file } = await fakeFile();
    file.keys = [hashed('alpha', 'ann'), hashed('beta', 'ben')];
    const auth = createAuth({ apiKeys: undefined, allowedOrigins: [], tokens, keyFile: file.asKeyFile });
    const ended: string[] = [];
    for (const key of ['alpha', 'beta'])
      auth.follow(await auth.authenticate(key), (why) => ended.push(`${key}: ${why}`));
    const token = await tokens.sign(await auth.authenticate('alpha'), all, soon());
    auth.follow(await auth.authenticate(token), (why) => ended.push(`token of alpha: ${why}`));
    file.replace([hashed('beta', 'ben')]);
    expect(ended).toEqual(['alpha: unauthorized', 'token of alpha: unauthorized']);
    expect(await auth.authenticate(token).catch(codeOf)).toBe('unauthorized');
  });
});

async function fakeFile() {
  const { hashKey } = await import('../../../api/auth/keyList.js');
  type Keys = ReturnType<
    Parameters<typeof createAuth>[0]['keyFile'] & object extends { keys(): infer K } ? () => K : never
  >;
  const file = {
    keys: [] as unknown as Keys,
    changed: () => {},
    replace(keys: Keys) {
      file.keys = keys;
      file.changed();
    },
    asKeyFile: {
      keys: () => file.keys,
      onChange(changed: () => void) {
        file.changed = changed;
      },
      close: () => {},
    },
  };
  return { sha256: hashKey, file };
}
