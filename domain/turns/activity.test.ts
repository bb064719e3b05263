import { describe, expect, it } from '@jest/globals';
import type { AgentStep, NewEvent } from '../log/events.js';
import { type ActivityEvent, foldActivity, type ShownActivity, showActivity } from './activity.js';

type Fact = Extract<NewEvent, { kind: ActivityEvent['kind'] }>;

function show(facts: Fact[], { steps, over = true }: { steps?: AgentStep[]; over?: boolean } = {}): ShownActivity {
  const marks = { seq: 1, turnId: 'turn_a', at: '', hiddenBy: null, supersededBy: null };
  const events = facts.map((fact) => ({ ...fact, ...marks }) as ActivityEvent);
  return showActivity(foldActivity(events), steps, over);
}

const called = (id: string): Fact => ({
  kind: 'tool_call_start',
  data: { id, name: 'calculate', arguments: { n: id } },
});
const came = (id: string, success = true): Fact => ({
  kind: 'tool_call_end',
  data: { id, name: 'calculate', result: `of ${id}`, success },
});
const begun = (task: string, modelId = 'small'): Fact => ({ kind: 'subagent_task_start', data: { task, modelId } });
const ended = (task: string, status: 'done' | 'failed' = 'done'): Fact => ({
  kind: 'subagent_task_end',
  data: { task, status, promptTokens: 10, completionTokens: 2, llmCallCount: 1 },
});
const used = { promptTokens: 10, completionTokens: 2, llmCallCount: 1 };

describe('the activity of a reply', () => {
  it('is empty where no tool was called', () => {
    expect(show([])).toEqual({});
  });

  it('lists its calls in the order of their start, with the result of each', () => {
    expect(show([called('a'), called('b'), called('c'), came('c', false), came('a')]).toolCalls).toEqual([
      { id: 'a', name: 'calculate', arguments: { n: 'a' }, result: 'of a', success: true },
      { id: 'b', name: 'calculate', arguments: { n: 'b' } },
      { id: 'c', name: 'calculate', arguments: { n: 'c' }, result: 'of c', success: false },
    ]);
  });

  it('lists citations and planning artifacts in the order of the log', () => {
    const shown = show([
      { kind: 'citations', data: { citations: [{ id: 1 }, 'two'] } },
      { kind: 'planning_artifact', data: { planningArtifact: { title: 'first' } } },
      { kind: 'citations', data: { citations: ['three'] } },
      { kind: 'planning_artifact', data: { planningArtifact: 'second' } },
    ]);
    expect(shown).toEqual({
      citations: [{ id: 1 }, 'two', 'three'],
      planningArtifacts: [{ title: 'first' }, 'second'],
    });
  });

  it('has the reasoning that was appended, else the thinking of the model', () => {
    const steps: AgentStep[] = [
      { id: 't:0', index: 0, type: 'thinking', content: 'First.' },
      { id: 't:1', index: 1, type: 'text', content: 'Said.' },
      { id: 't:2', index: 2, type: 'thinking', content: 'Then.' },
    ];
    expect(show([], { steps })).toEqual({ steps, reasoning: 'First.\n\nThen.' });
    const reasoned: Fact[] = [
      { kind: 'reasoning', data: { reasoning: 'A' } },
      { kind: 'reasoning', data: { reasoning: 'B' } },
    ];
    expect(show(reasoned, { steps }).reasoning).toBe('A\n\nB');
  });

  it('has the calls of its sub-agents under the name of their task', () => {
    const call = { task: 'find', id: 'f1', name: 'search_messages' };
    const shown = show([
      begun('find'),
      begun('__proto__', 'large'),
      { kind: 'subagent_tool_call_start', data: { ...call, arguments: { query: 'x' } } },
      { kind: 'subagent_tool_call_end', data: { ...call, result: 'none', success: true } },
      ended('find'),
      ended('__proto__', 'failed'),
    ]).subagents!;
    expect(Object.entries(shown.calls)).toEqual([
      ['find', [{ id: 'f1', name: 'search_messages', arguments: { query: 'x' }, result: 'none', success: true }]],
      ['__proto__', []],
    ]);
    expect(Object.entries(shown.status)).toEqual([
      ['find', 'done'],
      ['__proto__', 'failed'],
    ]);
    expect(Object.entries(shown.models)).toEqual([
      ['find', 'small'],
      ['__proto__', 'large'],
    ]);
    expect(shown.tokenUsage.find).toEqual(used);
  });

  it('adds up tasks of the same name and shows the last result', () => {
    expect(show([begun('find'), ended('find', 'failed'), begun('find', 'large'), ended('find')]).subagents).toEqual({
      calls: { find: [] },
      status: { find: 'done' },
      models: { find: 'large' },
      tokenUsage: { find: { promptTokens: 20, completionTokens: 4, llmCallCount: 2 } },
    });
  });

  it('shows a task as failed that still ran when its turn ended', () => {
    expect(show([begun('find')], { over: false }).subagents?.status).toEqual({ find: 'running' });
    expect(show([begun('find')], { over: true }).subagents?.status).toEqual({ find: 'failed' });
  });
});
