import { describe, expect, test } from '@jest/globals';
import { type DetailsView, toMarkdown } from './details.js';

const quiet: DetailsView = { status: 'running', phase: 'replying', steps: [], beats: [], asked: [], warnings: [] };

describe('the current details of a turn', () => {
  test('begin with what is stuck, why, and what to send', () => {
    const markdown = toMarkdown({
      ...quiet,
      status: 'awaiting_operator',
      phase: 'following_up',
      beats: [{ beat: 0, speakerId: 'chr_1', state: 'landed' }],
      steps: [
        { name: 'reply:0', status: 'done', attempts: 1 },
        {
          name: 'state_update:chr_1>you:0',
          status: 'stuck',
          attempts: 3,
          error: { code: 'bad_answer', message: 'bad_answer' },
        },
      ],
    });
    expect(markdown.split('\n').filter(Boolean)).toEqual([
      '**awaiting_operator**, phase following_up',
      '### Stuck',
      '| step | last error | attempts |',
      '| --- | --- | --- |',
      '| `state_update:chr_1>you:0` | `bad_answer` The model gave an answer that could not be used. | 3 |',
      'Fix the cause, then send the Update `retryStep`, or `skipStep` to end the turn without the step, with:',
      '```json',
      '{"step":"state_update:chr_1>you:0"}',
      '```',
      '### Beats',
      '| beat | speaker | state |',
      '| --- | --- | --- |',
      '| 0 | `chr_1` | landed |',
      '### Steps',
      '| step | status | attempts | last error |',
      '| --- | --- | --- | --- |',
      '| `reply:0` | done | 1 |  |',
      '| `state_update:chr_1>you:0` | **stuck** | 3 | `bad_answer` |',
    ]);
  });

  test('say which calls wait for a person, and what to send', () => {
    const markdown = toMarkdown({
      ...quiet,
      status: 'awaiting_operator',
      asked: [
        { callId: 'call_1', tool: 'calculate' },
        { callId: 'call_2', tool: 'delegate' },
      ],
    });
    expect(markdown).toContain('### Waiting for approval');
    expect(markdown).toContain('| `call_1` | `calculate` |\n| `call_2` | `delegate` |');
    expect(markdown).toContain('{"callId":"call_1","approved":true}\n{"callId":"call_2","approved":true}');
  });

  test('are one line for a turn that has only begun', () => {
    expect(toMarkdown(quiet)).toBe('**running**, phase replying');
  });

  test('escape Markdown in ids, since models choose the ids of calls', () => {
    const name = 'tool:`a` | b\n\n# c```';
    const markdown = toMarkdown({
      ...quiet,
      asked: [{ callId: name, tool: 'calculate' }],
      steps: [{ name, status: 'running', attempts: 1 }],
      warnings: [`step_skipped:${name}`],
    });
    expect(markdown).toContain("| `tool:'a' \\| b # c'''` | running | 1 |  |");
    expect(markdown).not.toMatch(/^# c/m);
    expect(markdown.match(/```/g)).toHaveLength(2);
  });
});
