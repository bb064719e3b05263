import { expect, test } from '@jest/globals';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { wholeDocument } from '../support/openApi.js';

test('the OpenAPI document passes the linter', async () => {
  const config = await createConfig({
    extends: ['recommended'],
    rules: {
      // Health, metrics and the call of the socket have no refusals of their own.
      'operation-4xx-response': 'off',
      // A socket is answered with 101.
      'operation-2xx-response': 'off',
      // What goes over the socket is the answer of no call.
      'no-unused-components': 'off',
      // The service answers where it is asked: there is no address of it that everyone knows.
      'no-server-example.com': 'off',
    },
  });
  const problems = await lintFromString({ source: JSON.stringify(wholeDocument()), config });
  const found = problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer ?? ''}`);
  expect(found).toEqual([]);
});

test('every operation of the OpenAPI document has a unique name in camelCase', () => {
  const { paths } = wholeDocument();
  const names = Object.values(paths ?? {}).flatMap((item) =>
    Object.values(item as Record<string, { operationId?: string }>).map(({ operationId }) => operationId),
  );
  expect(names.filter((name) => !/^[a-z]+([A-Z][a-z]+)*$/.test(name ?? ''))).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
});
