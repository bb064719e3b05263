import { describe, expect, test } from '@jest/globals';
import { ApplicationFailure, CancelledFailure, type Context } from '@temporalio/activity';
import { reduceErrors } from './reduceErrors.js';

const context = { info: { activityType: 'runTool', attempt: 2, workflowExecution: { workflowId: 'turn_1' } } };

/** The error with which an activity ends that throws this one, and the lines that were logged. */
async function throwing(error: unknown) {
  const lines: object[] = [];
  const warn = (fields: object) => void lines.push(fields);
  const { inbound } = reduceErrors({ warn } as Parameters<typeof reduceErrors>[0])(context as unknown as Context);
  const execute = inbound?.execute;
  if (!execute) throw new Error('it intercepts nothing');
  const ended = await execute({ args: [], headers: {} }, async () => {
    throw error;
  }).catch((thrown: unknown) => thrown);
  return { ended, lines };
}

describe('an error of an activity', () => {
  test('is logged once and reduced to its name, before the SDK logs it and Temporal keeps it', async () => {
    const error = Object.assign(new TypeError('canary said this'), { code: '22P02', cause: new Error('canary') });
    const { ended, lines } = await throwing(error);
    expect(ended).toBeInstanceOf(ApplicationFailure);
    expect(ended).toMatchObject({ type: 'internal', message: 'internal: TypeError 22P02', nonRetryable: false });
    expect(JSON.stringify(ended) + (ended as Error).stack).not.toContain('canary');
    expect(lines).toEqual([{ activity: 'runTool', workflowId: 'turn_1', attempt: 2, err: error }]);
  });

  test.each(['canary', { message: 'canary' }, undefined])(
    'is reduced to its type when it is no Error: %p',
    async (error) => {
      const { ended } = await throwing(error);
      expect((ended as Error).message).toBe(`internal: ${typeof error}`);
    },
  );

  test.each([
    ApplicationFailure.create({ type: 'provider_error', message: 'provider_error' }),
    new CancelledFailure('CANCELLED'),
    new DOMException('This operation was aborted', 'AbortError'),
  ])('is not changed when it is a failure with a code or a cancellation of the SDK: %p', async (error) => {
    expect(await throwing(error)).toEqual({ ended: error, lines: [] });
  });
});
