import { describe, expect, it } from '@jest/globals';
import { ConfigError, readConfig } from '../../config.js';

describe("a worker's roles", () => {
  it('are all of them when nothing is said', () => {
    expect(readConfig({})).toMatchObject({
      WORKER_ROLES: ['turns', 'streams', 'classifiers'],
      WORKER_DRAIN_SECONDS: 120,
    });
  });

  it('are taken in any order, with spaces, and twice as once', () => {
    expect(readConfig({ WORKER_ROLES: ' classifiers, turns,turns' }).WORKER_ROLES).toEqual(['turns', 'classifiers']);
  });

  it.each([
    ['turns,stream', "'stream'"],
    ['turns,', "''"],
    ['all', "'all'"],
  ])('that are not known are named with what is allowed: %s', (given, named) => {
    const read = () => readConfig({ WORKER_ROLES: given });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(`WORKER_ROLES: must be a comma-separated list of turns, streams, classifiers; not ${named}`);
  });
});

describe("a deployment's name", () => {
  it.each(['two words', 'a.b', 'a:b'])('is refused with what Temporal does not take in it: %s', (name) => {
    expect(() => readConfig({ WORKER_DEPLOYMENT: name })).toThrow('WORKER_DEPLOYMENT: must be a name without spaces');
  });
});

describe('the hosts that stored providers may have', () => {
  it('are none when nothing is said, and else a list', () => {
    expect(readConfig({}).ALLOWED_PROVIDER_HOSTS).toEqual([]);
    const { ALLOWED_PROVIDER_HOSTS: read } = readConfig({ ALLOWED_PROVIDER_HOSTS: 'models.internal:8000, 10.0.0.0/8' });
    expect(read).toMatchObject([{ name: 'models.internal', port: 8000 }, { port: null }]);
  });

  it('are named where one can not be read', () => {
    expect(() => readConfig({ ALLOWED_PROVIDER_HOSTS: '10.0.0.1,http://x' })).toThrow("not 'http://x'");
  });
});
