import { describe, expect, test } from '@jest/globals';
import { toApprovalCommand, toStepCommand } from './operator.js';

const noObjects = [undefined, null, '', 'significance:0', 5, true, [], ['step'], {}];

describe("the argument of an operator's Update", () => {
  test('is a command when it names a step, whatever else it holds', () => {
    expect(toStepCommand({ step: 'significance:0' })).toEqual({ step: 'significance:0' });
    expect(toStepCommand({ step: 'parse', why: 'I think so' })).toEqual({ step: 'parse' });
  });

  test('is a decision when it has a call and true or false', () => {
    expect(toApprovalCommand({ callId: 'c', approved: true })).toEqual({ callId: 'c', approved: true });
    expect(toApprovalCommand({ callId: 'c', approved: false, comment: '' })).toEqual({ callId: 'c', approved: false });
  });

  test.each([...noObjects, { step: '' }, { step: 5 }, { step: null }])('is no command: %j', (sent) => {
    expect(toStepCommand(sent)).toBeNull();
  });

  test.each([...noObjects, { callId: 'c' }, { approved: true }, { callId: 'c', approved: 'true' }])(
    'is no decision: %j',
    (sent) => {
      expect(toApprovalCommand(sent)).toBeNull();
    },
  );
});
