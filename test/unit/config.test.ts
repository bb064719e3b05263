import { describe, expect, it } from '@jest/globals';
import { ConfigError, readConfig } from '../../config.js';

describe('the setting WORKER_ROLES', () => {
  it('is all roles by default', () => {
    expect(readConfig({})).toMatchObject({
      WORKER_ROLES: ['turns', 'streams', 'classifiers'],
      WORKER_DRAIN_SECONDS: 120,
    });
  });

  it('accepts any order, spaces and repeats', () => {
    expect(readConfig({ WORKER_ROLES: ' classifiers, turns,turns' }).WORKER_ROLES).toEqual(['turns', 'classifiers']);
  });

  it.each([
    ['turns,stream', "'stream'"],
    ['turns,', "''"],
    ['all', "'all'"],
  ])('refuses unknown roles with a message that names the allowed ones: %s', (given, named) => {
    const read = () => readConfig({ WORKER_ROLES: given });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(`WORKER_ROLES: must be a comma-separated list of turns, streams, classifiers; not ${named}`);
  });
});

describe('the settings of the fallback', () => {
  it('are by the host unless they are set, and an unknown one is refused', () => {
    expect(readConfig({})).toMatchObject({ FALLBACK_PROFILE: 'auto' });
    expect(readConfig({ FALLBACK_API: '' }).FALLBACK_API).toBeUndefined();
    expect(readConfig({ FALLBACK_API: 'anthropic', FALLBACK_PROFILE: 'vllm' })).toMatchObject({
      FALLBACK_API: 'anthropic',
      FALLBACK_PROFILE: 'vllm',
    });
    expect(() => readConfig({ FALLBACK_API: 'gemini' })).toThrow('FALLBACK_API');
  });
});

describe('the setting WORKER_DEPLOYMENT', () => {
  it.each(['two words', 'a.b', 'a:b'])('is refused with characters that Temporal does not accept: %s', (name) => {
    expect(() => readConfig({ WORKER_DEPLOYMENT: name })).toThrow('WORKER_DEPLOYMENT: must be a name without spaces');
  });
});

describe('the setting ALLOWED_PROVIDER_HOSTS', () => {
  it('is empty by default, and else a list', () => {
    expect(readConfig({}).ALLOWED_PROVIDER_HOSTS).toEqual([]);
    const { ALLOWED_PROVIDER_HOSTS: read } = readConfig({ ALLOWED_PROVIDER_HOSTS: 'models.internal:8000, 10.0.0.0/8' });
    expect(read).toMatchObject([{ name: 'models.internal', port: 8000 }, { port: null }]);
  });

  it('names an entry that cannot be parsed', () => {
    expect(() => readConfig({ ALLOWED_PROVIDER_HOSTS: '10.0.0.1,http://x' })).toThrow("not 'http://x'");
  });
});

describe('the settings of keys and tokens', () => {
  const open = { HOST: '0.0.0.0', GATEWAY_TOKEN: 'a-token-of-the-gateway' };

  it.each([
    { API_KEYS: 'some-key:ann' },
    { API_KEYS_FILE: '/etc/keys' },
    { AUTH_JWKS_URL: 'https://issuer.example/jwks' },
    { AUTH_JWT_SECRET: 'a-secret' },
  ])('are enough for a HOST that is not loopback, each by itself: %j', (keys) => {
    expect(readConfig({ ...open, ...keys })).toMatchObject(keys.API_KEYS ? {} : keys);
    expect(readConfig(keys).AUTH_OWNER_CLAIM).toBe('sub');
  });

  it('are asked for by any HOST but loopback', () => {
    expect(() => readConfig(open)).toThrow('so API_KEYS must be set');
    expect(() => readConfig({ ...open, TOKEN_SECRET: 'a-secret' })).toThrow(ConfigError);
  });

  it('name what does not go together', () => {
    const jwks = { AUTH_JWKS_URL: 'https://issuer.example/jwks' };
    expect(() => readConfig({ ...jwks, AUTH_JWT_SECRET: 'a-secret' })).toThrow('AUTH_JWT_SECRET: must not be set');
    expect(() => readConfig({ AUTH_JWT_ISSUER: 'x' })).toThrow('AUTH_JWT_ISSUER: needs AUTH_JWKS_URL');
    expect(() => readConfig({ AUTH_JWT_AUDIENCE: 'x' })).toThrow('AUTH_JWT_AUDIENCE: needs AUTH_JWKS_URL');
    expect(() => readConfig({ AUTH_JWKS_URL: 'ftp://issuer.example' })).toThrow('AUTH_JWKS_URL: must be a URL');
  });

  it('refuse owners that no other credential could name', () => {
    expect(() => readConfig({ API_KEYS: `some-key:${'x'.repeat(201)}` })).toThrow('API_KEYS: must name owners');
    expect(() => readConfig({ API_KEYS: 'some-key:a\u202eb' })).toThrow('API_KEYS: must name owners');
  });
});

describe('the port of the metrics', () => {
  it('is another one than that of the api, also where the api has its default', () => {
    for (const env of [{ PORT: '4000', METRICS_PORT: '4000' }, { METRICS_PORT: '3000' }])
      expect(() => readConfig(env)).toThrow(/^METRICS_PORT: must be another port than PORT/);
    expect(readConfig({ PORT: '4000', METRICS_PORT: '3000' }).METRICS_PORT).toBe(3000);
  });
});
