import { Writable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { ProtocolError } from '@modelcontextprotocol/client';
import { nameOfError } from './describeError.js';
import { createLog } from './log.js';

type Line = Record<string, unknown> & { err: Record<string, unknown> };

function logTo(secrets: string[] = []) {
  const written: string[] = [];
  const to = new Writable({
    write(chunk, _encoding, done) {
      written.push(String(chunk));
      done();
    },
  });
  const log = createLog('trace', 'test', { secrets, to });
  const last = () => JSON.parse(written.at(-1) ?? '{}') as Line;
  return { log, last, text: () => written.join('') };
}

describe('an error in a log line', () => {
  test('has its type, message, code, stack and the chain of its causes', () => {
    const { log, last } = logTo();
    const cause = Object.assign(new RangeError('the innermost'), { code: 'ECONNRESET', syscall: 'read' });
    log.warn({ err: new Error('the outer', { cause: new TypeError('the middle', { cause }) }), turnId: 't' }, 'failed');
    expect(last()).toMatchObject({
      msg: 'failed',
      turnId: 't',
      err: {
        type: 'Error',
        message: 'the outer',
        stack: expect.stringMatching(/^Error: the outer\n\s+at .*log\.test\.ts/),
        cause: {
          type: 'TypeError',
          message: 'the middle',
          cause: { type: 'RangeError', message: 'the innermost', code: 'ECONNRESET', syscall: 'read' },
        },
      },
    });
  });

  test('is serialised by a child logger, as the only argument, and within the meta of Temporal', () => {
    const { log, last } = logTo();
    log.child({ req: 1 }).error({ err: new Error('of a request') }, 'failed');
    expect(last().err).toMatchObject({ message: 'of a request', stack: expect.any(String) });
    log.error(new Error('alone'));
    expect(last()).toMatchObject({ msg: 'alone', err: { type: 'Error', message: 'alone' } });
    log.warn({ temporal: { taskQueue: 'q', error: new Error('of the runtime'), tries: 3n } }, 'failed');
    expect(last().temporal).toMatchObject({
      taskQueue: 'q',
      tries: '3',
      error: { type: 'Error', message: 'of the runtime', stack: expect.any(String) },
    });
  });

  test('keeps its fields when it is no Error', () => {
    const { log, last } = logTo();
    log.warn({ err: { status: 503, systemCode: 'ECONNREFUSED' } }, 'failed');
    expect(last().err).toEqual({ status: 503, systemCode: 'ECONNREFUSED' });
    log.warn({ err: 'only words' }, 'failed');
    expect(last().err).toBe('only words');
  });

  test('is limited in size, however long its message and its causes are', () => {
    const { log, text } = logTo();
    const looped = new Error('m'.repeat(1_000_000));
    looped.cause = looped;
    log.warn({ err: looped, list: Array.from({ length: 10_000 }, (_, n) => ({ n })) }, 'failed');
    log.warn({ err: new AggregateError(Array.from({ length: 1_000 }, () => new Error('one of many'))) }, 'failed');
    expect(text().length).toBeLessThan(60_000);
  });
});

describe('text of users and models', () => {
  const prose = 'canary word';
  const said = (err: unknown) => {
    const { log, text } = logTo();
    log.error({ err }, 'failed');
    return text();
  };

  test('is not in a log line when a parser quotes it', () => {
    const error = (() => {
      try {
        return JSON.parse(`{${prose}`);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(said(error)).not.toContain('canary');
  });

  test.each([
    ['a parser of JSON', () => JSON.parse(prose)],
    ['a pattern that can not be parsed', () => new RegExp(`${prose}(`)],
    ['a text that is no number', () => BigInt(prose)],
    ['an unknown time zone', () => new Date(0).toLocaleString('en', { timeZone: prose })],
    [
      'an MCP server',
      () => {
        throw new ProtocolError(-32603, prose);
      },
    ],
  ])('is not in a log line when it comes from %s', (_, fail) => {
    let thrown: unknown;
    try {
      fail();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(Error);
    expect(said(thrown)).not.toContain('canary');
    expect(said(new Error('outer', { cause: thrown }))).not.toContain('canary');
    expect(nameOfError(thrown)).not.toContain('canary');
  });

  test('is not in a log line when Postgres quotes a value, a detail or a row', () => {
    const error = Object.assign(new Error(`invalid input syntax for type integer: "${prose}"`), {
      code: '22P02',
      detail: `Failing row contains (${prose}).`,
      where: prose,
    });
    expect(said(error)).not.toContain('canary');
    expect(said(error)).toContain('invalid input syntax for type integer');
  });

  test('is not in a log line when a provider repeats it, or a schema refuses it', () => {
    expect(said(Object.assign(new Error(`400 ${prose}`), { status: 400, headers: {} }))).not.toContain('canary');
    const refused = Object.assign(new Error(prose), { issues: [{ path: ['a', 0], code: 'unrecognized_keys' }] });
    expect(said(refused)).not.toContain('canary');
    expect(said(refused)).toContain('a.0: unrecognized_keys');
  });
});

describe('a secret', () => {
  const configured = 'correct "horse" battery';

  test('of the configuration is in no line', () => {
    const { log, text } = logTo([configured]);
    log.warn({ err: new Error(`no ${configured}`), deep: { in: [configured] } }, `not ${configured}`);
    log.child({ own: configured }).warn('a line');
    expect(text()).not.toContain('horse');
    expect(text().match(/\[redacted\]/g)?.length).toBeGreaterThanOrEqual(4);
  });

  test.each([
    'sk-proj-abcdefghijkl',
    'Bearer abcdefghijklmnop',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
    'postgres://me:hunter22@127.0.0.1/db',
    'dtt_eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
    'GET /v1/chats/chat_1/events?after=0&token=hunter22',
  ])('is redacted by its form: %s', (secret) => {
    const { log, text } = logTo();
    log.warn({ err: new Error(secret) }, 'failed');
    expect(text()).toContain('[redacted]');
    expect(text()).not.toMatch(/abcdefghijkl|c2lnbmF0dXJl|hunter22/);
  });

  test('is not written as the value of a secret key', () => {
    const { log, last } = logTo();
    log.warn({ request: { headers: { Authorization: 'x', accept: 'y' }, apiKey: 'z' } }, 'failed');
    expect(last().request).toEqual({ headers: { Authorization: '[redacted]', accept: 'y' }, apiKey: '[redacted]' });
  });
});

test('every line is JSON, also with secrets in it and values that JSON lacks', () => {
  const { log, text } = logTo(['long-enough-secret']);
  const looped: Record<string, unknown> = { n: Number.NaN, big: 10n, map: new Map(), when: new Date(0) };
  looped.self = looped;
  log.info({ looped, key: 'long-enough-secret' }, 'long-enough-secret');
  expect(() => JSON.parse(text())).not.toThrow();
});
