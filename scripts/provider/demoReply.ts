import { assistantReply } from './assistant.js';
import type { CompletionRequest } from './chunks.js';
import { rolePlay } from './rolePlay.js';

/** A streamed reply of the demo provider: optional thinking, text, and an optional tool call. */
export type DemoReply = { thinking?: string; text: string; call?: { name: string; arguments: object } };

type Messages = CompletionRequest['messages'];

/** A reply without a model. The prompt shows the kind of the turn: an agent's has tools, a document's has edit rules. */
export function demoReply({ messages, tools }: CompletionRequest): DemoReply {
  const system = messages.find(({ role }) => role === 'system')?.content ?? '';
  if (tools?.length) return agentReply(messages, new Set(tools.map((tool) => tool.function.name)));
  if (system.includes('<change><original>')) return { text: editReply(system) };
  return { text: isAssistant(messages) ? assistantReply(messages) : rolePlay(messages).join('') };
}

/** A card's instruction may replace that of a role-play; the prompt then still says what the character feels. */
const isAssistant = (messages: Messages): boolean => {
  const system = messages.filter(({ role }) => role === 'system').map(({ content }) => content);
  return system.length > 0 && !system.some((text) => /in a role-play with|affinity \d+ of 100/.test(text));
};

/** Calls `calculate` for a sum or `current_time` for the time, then answers with the result. */
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

/** Proposes a longer first sentence for the document. */
function editReply(system: string): string {
  const body = system.split('Body:\n').at(-1) ?? '';
  const sentence = /[^.!?\n]+[.!?]?/.exec(body)?.[0]?.trim() ?? '';
  if (sentence === '') return 'The document is empty so far: write a line, and I will have something to say about it.';
  const proposed = `${sentence} And that, as everybody here knew, was only the beginning.`;
  return `The opening could carry a little more.\n\n<change><original>${sentence}</original><proposed>${proposed}</proposed><reason>It makes one want to read on.</reason></change>\n\nTell me if you would rather keep it plain.`;
}
