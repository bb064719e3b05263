import { expect, test } from '@jest/globals';
import { MAX_REPLY_UNITS } from '../../llm/replyLimits.js';
import { createSubagentBudget } from './subagentBudget.js';

test('the sub-agents of a turn share the room of one reply while they run, and other turns have their own', () => {
  const roomOf = createSubagentBudget();
  const [one, other, elsewhere] = [roomOf('turn_a'), roomOf('turn_a'), roomOf('turn_b')];
  one.spend(MAX_REPLY_UNITS - 1);
  other.spend(1);
  elsewhere.spend(MAX_REPLY_UNITS);
  expect(() => other.spend(1)).toThrow('reply_too_large');
  one.release();
  one.release();
  other.spend(MAX_REPLY_UNITS - 2);
  expect(() => other.spend(1)).toThrow('reply_too_large');
  other.release();
  roomOf('turn_a').spend(MAX_REPLY_UNITS);
});
