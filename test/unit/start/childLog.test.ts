import { describe, expect, it } from '@jest/globals';
import { forPeople } from '../../../scripts/processes/childLog.js';

describe('the console', () => {
  it('shows warnings and worse, with their cause', () => {
    const line = JSON.stringify({ level: 40, msg: 'Postgres is away', err: { message: 'connect ECONNREFUSED' } });
    expect(forPeople(line, 'stdout')).toBe('Postgres is away: connect ECONNREFUSED');
  });

  it('leaves what is only information to the log file', () => {
    expect(forPeople(JSON.stringify({ level: 30, msg: 'request completed' }), 'stdout')).toBeNull();
    expect(forPeople('webpack compiled', 'stdout')).toBeNull();
  });

  it('shows what a crash leaves on stderr', () => {
    expect(forPeople('TypeError: x is not a function', 'stderr')).toBe('TypeError: x is not a function');
    expect(forPeople('{ half of', 'stderr')).toBe('{ half of');
  });
});
