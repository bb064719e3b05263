import { expect, jest, test } from '@jest/globals';
import { createListeners } from './listeners.js';

test('listeners start once, and end when the last one has been gone for a while', () => {
  jest.useFakeTimers();
  const seen: string[] = [];
  const listeners = createListeners(100, { start: () => seen.push('start'), end: () => seen.push('end') });
  listeners.add(() => undefined)();
  const leave = listeners.add(() => seen.push('notified'));
  jest.advanceTimersByTime(200);
  listeners.notify();
  leave();
  leave();
  jest.advanceTimersByTime(200);
  expect(seen).toEqual(['start', 'notified', 'end']);
  listeners.add(() => undefined);
  expect(seen.at(-1)).toBe('start');
  jest.useRealTimers();
});
