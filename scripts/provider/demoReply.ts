import type { CompletionRequest } from './chunks.js';
import { rolePlay } from './rolePlay.js';

/** What the demo provider streams: words, perhaps a thought before them, perhaps the call of a tool after them. */
export type DemoReply = { thinking?: string; text: string; call?: { name: string; arguments: object } };

type Messages = CompletionRequest['messages'];

/** A reply without a model, by what the prompt is of: an agent's has tools, a document's has the rules of edits. */
export function demoReply({ messages, tools }: CompletionRequest): DemoReply {
  const system = messages.find(({ role }) => role === 'system')?.content ?? '';
  if (tools?.length) return agentReply(messages, new Set(tools.map((tool) => tool.function.name)));
  if (system.includes('<change><original>')) return { text: editReply(system) };
  return { text: rolePlay(messages).join('') };
}

/** Sums are worked out, and otherwise the time is told; then the answer is given. */
function agentReply(messages: Messages, tools: Set<string>): DemoReply {
  const result = messages.at(-1)?.role === 'tool' ? messages.at(-1)?.content : undefined;
  if (result !== undefined) return { text: `That gave ${result}. I have no model behind me, so I leave it at that.` };
  const said = messages.findLast(({ role }) => role === 'user')?.content ?? '';
  const expression = /[\d(][\d\s.()+*/^%-]*[\d)]/.exec(said)?.[0];
  if (expression && /[+*/^%-]/.test(expression) && tools.has('calculate'))
    return {
      thinking: 'A sum: I had better not guess.',
      text: '',
      call: { name: 'calculate', arguments: { expression } },
    };
  if (/\btime|day|date\b/i.test(said) && tools.has('current_time'))
    return { thinking: 'I have no clock of my own.', text: '', call: { name: 'current_time', arguments: {} } };
  return { text: 'Ask me a sum, such as 6 * 7, or what time it is: then you can watch me use a tool.' };
}

/** Proposes to say the body's first sentence twice as warmly. */
function editReply(system: string): string {
  const body = system.split('Body:\n').at(-1) ?? '';
  const sentence = /[^.!?\n]+[.!?]?/.exec(body)?.[0]?.trim() ?? '';
  if (sentence === '') return 'The document is empty so far: write a line, and I will have something to say about it.';
  const proposed = `${sentence} And that, as everybody here knew, was only the beginning.`;
  return `The opening could carry a little more.\n\n<change><original>${sentence}</original><proposed>${proposed}</proposed><reason>It makes one want to read on.</reason></change>\n\nTell me if you would rather keep it plain.`;
}
