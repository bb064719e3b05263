import { describe, expect, it } from '@jest/globals';
import { consoleLine } from '../../../scripts/processes/childLog.js';

describe('the console of the launcher', () => {
  it('shows warnings and worse, with their cause', () => {
    const line = JSON.stringify({ level: 40, msg: 'Postgres is away', err: { message: 'connect ECONNREFUSED' } });
    expect(consoleLine(line, 'stdout')).toBe('Postgres is away: connect ECONNREFUSED');
  });

  it('leaves what is only information to the log file', () => {
    expect(consoleLine(JSON.stringify({ level: 30, msg: 'request completed' }), 'stdout')).toBeNull();
    expect(consoleLine('webpack compiled', 'stdout')).toBeNull();
  });

  it('shows what a crash leaves on stderr', () => {
    expect(consoleLine('TypeError: x is not a function', 'stderr')).toBe('TypeError: x is not a function');
    expect(consoleLine('{ half of', 'stderr')).toBe('{ half of');
  });
});
