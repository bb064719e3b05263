import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { readConfig, settingNames } from '../../../config.js';
import { serverVersion } from '../../../scripts/production/findTemporalServer.js';

type Service = {
  image: string;
  command?: string | string[];
  environment?: Record<string, string>;
  depends_on?: Record<string, object>;
  configs?: { source: string }[];
  volumes?: string[];
  stop_grace_period?: string;
};
type Compose = { services: Record<string, Service>; configs: object; volumes: object };

const text = readFileSync('docker-compose.yml', 'utf8');
const compose: Compose = parse(text, { merge: true });
const ours = Object.entries(compose.services).filter(([, { image }]) => image === 'durable-turns');

/** As compose does, with these variables set. */
const interpolate = (value: string, given: Record<string, string>): string =>
  value.replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind?: string, rest = '') => {
    const set = given[name];
    if (!set && kind === '?') throw new Error(rest);
    return set || (kind === '-' ? rest : '');
  });

describe('docker-compose.yml', () => {
  test('has the form of the Compose Specification', () => {
    const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(
      JSON.parse(readFileSync('test/fixtures/compose.json', 'utf8')),
    );
    expect([validate(compose), validate.errors]).toEqual([true, null]);
  });

  test('has the version of the Temporal server that the production check builds', () => {
    expect(compose.services.temporal?.image).toBe(`temporalio/server:${serverVersion.slice(1)}`);
  });

  test.each(ours)('gives %s only known settings, which the service takes', (_, { environment = {} }) => {
    const names = Object.keys(environment);
    expect(names.filter((name) => !settingNames.includes(name) && !name.startsWith('OTEL_'))).toEqual([]);
    const given = { API_KEYS: 'a-key-of-some-length:ann', GATEWAY_TOKEN: 'a-token-of-sixteen-characters' };
    const env = Object.fromEntries(names.map((name) => [name, interpolate(String(environment[name]), given)]));
    expect(readConfig(env)).toMatchObject({ TEMPORAL_ADDRESS: 'temporal:7233', RELAY_URL: 'redis://redis:6379' });
    for (const name of Object.keys(given))
      expect(() => interpolate(String(environment[name]), { ...given, [name]: '' })).toThrow(`set ${name}`);
  });

  test.each(ours)('starts %s with a file of the build', (_, { command = [] }) => {
    const [node, file = ''] = command;
    expect([node, existsSync(file.replace('dist/', '').replace(/\.js$/, '.ts'))]).toEqual(['node', true]);
  });

  test('gives workers longer to stop than they drain', () => {
    const workers = ours.filter(([, { command = [] }]) => command.includes('dist/worker/main.js'));
    expect(workers.length).toBeGreaterThan(1);
    for (const [, { stop_grace_period: period, environment = {} }] of workers) {
      const { WORKER_DRAIN_SECONDS } = readConfig({
        WORKER_DRAIN_SECONDS: interpolate(String(environment.WORKER_DRAIN_SECONDS), {}),
      });
      expect(Number(/^(\d+)s$/.exec(period ?? '')?.[1])).toBeGreaterThan(WORKER_DRAIN_SECONDS);
    }
  });

  test('names only services, configs and volumes that it has', () => {
    for (const { depends_on = {}, configs = [], volumes = [] } of Object.values(compose.services)) {
      for (const name of Object.keys(depends_on)) expect(Object.keys(compose.services)).toContain(name);
      for (const { source } of configs) expect(Object.keys(compose.configs)).toContain(source);
      for (const volume of volumes) expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0]);
    }
  });
});

test('the Dockerfile copies files and folders that exist', () => {
  const copied = readFileSync('Dockerfile', 'utf8')
    .split('\n')
    .filter((line) => /^COPY (?!--from)/.test(line))
    .flatMap((line) => line.split(' ').slice(1, -1));
  expect(copied).toContain('api');
  expect(copied.filter((path) => !existsSync(path))).toEqual([]);
});
