import type { LandedBeat, Mark, MarkItem, TurnEnd } from '../../../domain/marks/mark.js';
import { outcomeOf } from '../../../domain/marks/outcome.js';
import { type Counts, usageOfReplies } from '../../../domain/marks/usage.js';
import type { SseMessage } from '../core/sseOutput.js';
import { argumentsOf } from '../responses/responseObject.js';

export type Completion = { id: string; created: number; model: string; includeUsage: boolean };

/** Between the texts of two beats. */
const BEAT_BREAK = '\n\n';
/** Shown where a draft was lost and the next one differs: text that was sent can't be taken back. */
const RESTARTED = '\n\n[restarted]\n\n';

type FinishReason = 'stop' | 'length' | 'content_filter' | 'tool_calls';
type ToolCall = { id?: string; type?: 'function'; function: { name?: string; arguments: string } };
type Delta = {
  role?: 'assistant';
  content?: string;
  reasoning_content?: string;
  tool_calls?: ({ index: number } & ToolCall)[];
};

/** The chunks of a streamed completion, for the marks of its turn. */
export function createChunks({
  id,
  created,
  model,
  includeUsage,
}: Completion): (marks: readonly Mark[]) => SseMessage[] {
  const texts = createTexts();
  let beats: LandedBeat[] = [];
  /** Calls that the client runs. */
  let calls = 0;
  const chunk = (choices: object[], more: object = {}): SseMessage => ({
    data: { id, object: 'chat.completion.chunk', created, model, choices, ...more },
  });
  const delta = (fields: Delta, reason: FinishReason | null = null) =>
    chunk([{ index: 0, delta: fields, logprobs: null, finish_reason: reason }]);

  function end(how: TurnEnd): SseMessage[] {
    const { reason, error } = endOf(how, beats, calls > 0);
    if (error) return [{ data: { error } }];
    const usage = usageOfReplies(how, beats);
    return [delta({}, reason), ...(includeUsage ? [chunk([], { usage: usage ? toUsage(usage) : null })] : [])];
  }

  /** Its name first, then its arguments. A call is in the log when it comes, and is never taken back. */
  function call({ callId: id, name, arguments: sent }: ClientCall): SseMessage[] {
    const index = calls++;
    return [
      delta({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }),
      delta({ tool_calls: [{ index, function: { arguments: argumentsOf(sent) } }] }),
    ];
  }

  function encode(mark: Mark): SseMessage[] {
    switch (mark.type) {
      case 'opened':
        return [delta({ role: 'assistant', content: '' })];
      case 'text': {
        const text = texts.take(mark);
        if (text === '') return [];
        return [delta(mark.item.kind === 'thinking' ? { reasoning_content: text } : { content: text })];
      }
      case 'voided':
        texts.void(mark.items);
        return [];
      case 'beatLanded':
        beats = [...beats, mark.beat];
        texts.landed(mark.beat.text);
        return [];
      case 'ended':
        return end(mark.end);
      case 'itemOpened':
        return isClientCall(mark.item) ? call(mark.item) : [];
      case 'itemClosed':
      case 'approval':
        return [];
    }
  }
  return (marks) => marks.flatMap(encode);
}

/** Finds what of the marks is to be sent, where nothing that was sent can be taken back. */
function createTexts() {
  const sent = new Map<number, { of: string; text: string }>();
  /** By beat and kind, the text of lost drafts that the next one has not repeated yet. */
  const lost: { [of: string]: string } = {};
  /** The newest beat that has spoken. */
  let beat: number | null = null;
  let hasText = false;
  const ofItem = ({ beat: n, kind }: Pick<MarkItem, 'beat' | 'kind'>) => `${n}:${kind}`;

  /** Leaves out what the lost draft had in common with the new one. */
  function withoutRepeats(of: string, text: string): string {
    const before = lost[of] ?? '';
    if (before === '') return text;
    let common = 0;
    while (common < text.length && common < before.length && text[common] === before[common]) common += 1;
    if (common === text.length) {
      lost[of] = before.slice(common);
      return '';
    }
    lost[of] = '';
    return common === before.length ? text.slice(common) : RESTARTED + text.slice(common);
  }

  /** What a lost draft of the beat before has beyond the text that was kept is taken back first. */
  function beginBeat(next: number): string {
    const before = beat;
    beat = next;
    if (before === null) return '';
    return (lost[ofItem({ beat: before, kind: 'text' })] ? RESTARTED : '') + (hasText ? BEAT_BREAK : '');
  }

  return {
    take({ item, text }: Extract<Mark, { type: 'text' }>): string {
      const of = ofItem(item);
      const entry = sent.get(item.ordinal) ?? { of, text: '' };
      entry.text += text;
      sent.set(item.ordinal, entry);
      const begins = item.kind === 'text' && item.beat !== beat;
      return (begins ? beginBeat(item.beat) : '') + withoutRepeats(of, text);
    },
    /** The text of a beat is in the log. */
    landed(text: string) {
      hasText ||= text !== '';
    },
    void(items: readonly MarkItem[]) {
      for (const { ordinal } of items) {
        const entry = sent.get(ordinal);
        if (entry) lost[entry.of] = (lost[entry.of] ?? '') + entry.text;
      }
    },
  };
}

/** The reason of an end, or the error of a turn without an answer. A stopped turn has an answer: what had arrived. */
type CompletionEnd =
  | { reason: FinishReason; error: null }
  | { reason: null; error: { message: string; type: string; param: null; code: string } };

function endOf(end: TurnEnd, beats: readonly LandedBeat[], callsTools: boolean): CompletionEnd {
  const outcome = outcomeOf(end, beats);
  switch (outcome.how) {
    case 'failed': {
      const { message, code } = outcome.error ?? { message: 'The turn failed.', code: 'internal' };
      return { reason: null, error: { message, type: 'server_error', param: null, code } };
    }
    case 'cut':
      return { reason: outcome.cut, error: null };
    case 'stopped':
    case 'waiting':
      return { reason: 'stop', error: null };
    case 'whole':
      return { reason: callsTools ? 'tool_calls' : 'stop', error: null };
  }
}

type ClientCall = Extract<MarkItem, { kind: 'call' }>;

const isClientCall = (item: MarkItem): item is ClientCall => item.kind === 'call' && item.isClients;

const toUsage = (usage: Counts) => ({
  prompt_tokens: usage.promptTokens,
  completion_tokens: usage.completionTokens,
  total_tokens: usage.promptTokens + usage.completionTokens,
  prompt_tokens_details: { cached_tokens: usage.cachedTokens },
});

/** The answer of a completion that is not streamed; an error if the turn has no answer. */
export function toCompletion({ id, created, model }: Completion, marks: readonly Mark[]) {
  const items = new Map<number, { kind: string; beat: number; text: string }>();
  for (const mark of marks) {
    if (mark.type === 'text') {
      const entry = items.get(mark.item.ordinal) ?? { kind: mark.item.kind, beat: mark.item.beat, text: '' };
      items.set(mark.item.ordinal, { ...entry, text: entry.text + mark.text });
    } else if (mark.type === 'voided') for (const { ordinal } of mark.items) items.delete(ordinal);
  }
  const beats = marks.flatMap((mark) => (mark.type === 'beatLanded' ? [mark.beat] : []));
  const end = marks.flatMap((mark) => (mark.type === 'ended' ? [mark.end] : []))[0];
  if (!end) return { error: null };
  const thinking = [...items.values()].flatMap(({ kind, text }) => (kind === 'thinking' ? [text] : [])).join('');
  const usage = usageOfReplies(end, beats);
  const calls = marks.flatMap((mark) => (mark.type === 'itemOpened' && isClientCall(mark.item) ? [mark.item] : []));
  const { reason, error } = endOf(end, beats, calls.length > 0);
  if (error) return { error };
  const toolCalls = calls.map(({ callId, name, arguments: sent }) => ({
    id: callId,
    type: 'function',
    function: { name, arguments: argumentsOf(sent) },
  }));
  const content = beats.flatMap(({ text }) => (text === '' ? [] : [text])).join(BEAT_BREAK);
  const message = {
    role: 'assistant',
    content: content === '' && calls.length > 0 ? null : content,
    refusal: null,
    ...(calls.length > 0 ? { tool_calls: toolCalls } : {}),
    ...(thinking ? { reasoning_content: thinking } : {}),
  };
  return {
    error: null,
    completion: {
      id,
      object: 'chat.completion',
      created,
      model,
      choices: [{ index: 0, message, logprobs: null, finish_reason: reason }],
      ...(usage ? { usage: toUsage(usage) } : {}),
    },
  };
}
