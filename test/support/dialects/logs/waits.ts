import type { Course } from './spokenTurn.js';

/** How much of the course has happened when calls wait for a person next; 0 if none do. */
export const nextWait = ({ happenings }: Course, after: number): number =>
  happenings.findIndex(({ type }, n) => n >= after && type === 'waits') + 1;

/** The course when the calls that wait at this place are decided. */
export const decided = (run: Course, at: number): Course => ({
  ...run,
  happenings: run.happenings.map((each, n) => (n === at - 1 ? { type: 'waits', calls: [] } : each)),
});
