import { describe, expect, test } from '@jest/globals';
import type { ProviderApi } from '../../../domain/providers/providerApi.js';
import { storedTurnOptions } from '../../../domain/turns/turnOptionSchemas.js';
import { optionNames, turnOptions } from '../../../domain/turns/turnOptions.js';
import { toMessageRequest } from '../../../llm/anthropic/messageRequest.js';
import { lessonOf } from '../../../llm/anthropic/modelFacts.js';
import { samplingOptions } from '../../../llm/anthropic/samplingOptions.js';
import { toModelFacts, toProviderFacts } from '../../../llm/anthropic/storedFacts.js';
import { toReplyBody } from '../../../llm/chatCompletions/completionRequest.js';
import type { ReplyRequest } from '../../../llm/port.js';
import { plainRules } from '../../../llm/profiles/requestRules.js';
import { toResponseRequest } from '../../../llm/responses/responseRequest.js';
import { everyFieldOf, everyOption } from '../../support/chats/everyOption.js';
import { someRequest } from '../../support/provider/collectReply.js';

const bodies: Record<ProviderApi, (request: ReplyRequest) => object> = {
  chat: (request) => toReplyBody(request, plainRules, {}),
  responses: (request) => toResponseRequest(request),
  anthropic: (request) => toMessageRequest(request, {}, []),
};

describe.each(Object.keys(bodies) as ProviderApi[])('the options of a turn in a request of the API %s', (api) => {
  test('are sent under the names that the API has for them, and the others are not sent', () => {
    const without = bodies[api](someRequest);
    const added = Object.entries(bodies[api]({ ...someRequest, ...everyOption })).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify((without as Record<string, unknown>)[name]),
    );
    expect(Object.fromEntries(added)).toEqual(everyFieldOf(api));
  });
});

test('the form of an answer is the format of the text in a request of the API responses', () => {
  const format = { type: 'json_schema', name: 'a', schema: { type: 'object' }, strict: true } as const;
  expect(bodies.responses({ ...someRequest, format })).toMatchObject({ text: { format } });
  expect(bodies.responses(someRequest)).not.toHaveProperty('text');
});

describe.each(samplingOptions)('the option $option of a model of the Messages API', ({ option, field }) => {
  const request = { ...someRequest, ...everyOption };
  const message = `\`${field}\` is deprecated for this model.`;

  test('is left out once the model has refused it, and that is stored', () => {
    const lesson = lessonOf({ status: 400, message }, toMessageRequest(request, {}, []));
    expect(lesson).toEqual({ facts: { [option]: 'none' }, lasting: true });
    const stored = toModelFacts(toProviderFacts(lesson?.facts ?? {}));
    expect(toMessageRequest(request, stored, [])).not.toHaveProperty(field);
  });

  test('is left out while the model reasons', () => {
    const thinking = { ...request, thinking: true, maxTokens: 8_000 };
    expect(toMessageRequest(thinking, {}, [])).not.toHaveProperty(field);
  });
});

test.each(optionNames)('the option %s of a turn has bounds', (name) => {
  const row = turnOptions[name];
  const beyond = row.kind === 'texts' ? Array.from({ length: row.most + 1 }, () => 'x') : row.max + 1;
  expect(storedTurnOptions.safeParse({ [name]: everyOption[name] })).toMatchObject({ success: true });
  expect(storedTurnOptions.safeParse({ [name]: beyond })).toMatchObject({ success: false });
});
