import { z } from 'zod';
import type { EarlierMessage } from '../../../db/chats/newChat.js';
import type { ClientOutput } from '../../../domain/agents/clientFunctions.js';
import { collectEarlier } from '../core/earlierMessages.js';
import { type GivenFile, textOrNotes, withNotes } from '../core/images.js';
import { invalidRequest, invalidShape } from '../core/openaiErrors.js';
import { outputText } from '../core/outputs.js';

const part = z.looseObject({ type: z.string() });
const content = z.union([z.string(), z.array(part)]).nullish();
export const inputItem = z.looseObject({ type: z.string().optional(), role: z.string().optional(), content });
type Item = z.output<typeof inputItem>;
type Part = z.output<typeof part>;

const roles = ['user', 'assistant', 'system', 'developer'] as const;
const functionCall = z.looseObject({
  call_id: z.string().min(1).max(500),
  name: z.string().max(200),
  arguments: z.string(),
});
const functionOutput = z.looseObject({ call_id: z.string().min(1), output: z.union([z.string(), z.array(part)]) });
const referredItem = z.looseObject({ id: z.string().min(1).max(500) });

/** What the items of an input mean. */
export type ResponseInput = {
  /** Messages before the text that is answered, with the calls of functions and their outputs. */
  earlier: EarlierMessage[];
  /** The text that is answered; null if the items end with outputs. */
  text: string | null;
  files: GivenFile[];
  /** Outputs after the last message of the assistant. `strays`: those whose calls are not among the items. */
  outputs: ClientOutput[];
  strays: ClientOutput[];
  /** The texts of system and developer messages. */
  instructions: string[];
  /** The id of the last stored item that is referred to. It and those before it are in a chat already. */
  reference: string | null;
};

type Reading = {
  said: ReturnType<typeof collectEarlier>;
  strays: ClientOutput[];
  instructions: string[];
  /** The last message, if no call or output follows it. */
  last: Item | null;
};

const ignored = () => undefined;

/** What each type of item means. `path` is its place in the body. */
const takers = new Map<string, (reading: Reading, item: Item, path: string) => void>([
  [
    'message',
    (reading, item, path) => {
      const text = textOf(item.content, path);
      const role = parse(z.enum(roles), item.role, `${path}.role`);
      if (role === 'system' || role === 'developer') return void reading.instructions.push(text);
      // Only the files of the message that is answered are attached.
      reading.said[role](withNotes(text, filesOf(item.content)));
      reading.last = item;
    },
  ],
  [
    'function_call',
    (reading, item, path) => {
      const { call_id: id, name, arguments: sent } = parse(functionCall, item, path);
      reading.said.call({ id, name, arguments: sent });
      reading.last = null;
    },
  ],
  [
    'function_call_output',
    (reading, item, path) => {
      const { call_id: callId, output } = parse(functionOutput, item, path);
      const sent = { callId, output: outputText(output), success: true };
      if (!reading.said.output(sent)) reading.strays.push(sent);
      reading.last = null;
    },
  ],
  ['reasoning', ignored],
  ['item_reference', ignored],
]);

/** Reads items, at `path` of the body. Throws `OpenAiRefused`, also for items that can not be taken. */
export function readItems(given: readonly Item[], path: string): ResponseInput {
  const kinds = given.map((item) => item.type ?? (item.role === undefined ? 'item_reference' : 'message'));
  const at = kinds.lastIndexOf('item_reference');
  const before: Reading = newReading();
  const reading: Reading = { ...newReading(), instructions: before.instructions };
  for (const [n, item] of given.entries()) {
    const own = `${path}.${n}`;
    const take = takers.get(kinds[n] ?? '');
    if (!take) {
      const type = kinds[n]?.slice(0, 100);
      throw invalidRequest(`${own}: items of type ${type} can not be taken`, own, 'unsupported_value');
    }
    take(n > at ? reading : before, item, own);
  }
  const { last, strays, instructions } = reading;
  const { earlier, outputs } = reading.said.result();
  const reference = at < 0 ? null : parse(referredItem, given[at], `${path}.${at}`).id;
  if (last?.role !== 'user') return { earlier, text: null, files: [], outputs, strays, instructions, reference };
  const files = filesOf(last.content);
  const text = textOrNotes(textOf(last.content, path), files);
  return { earlier: withoutLastUser(earlier), text, files, outputs, strays, instructions, reference };
}

const newReading = (): Reading => ({ said: collectEarlier(), strays: [], instructions: [], last: null });

function withoutLastUser(earlier: EarlierMessage[]): EarlierMessage[] {
  const at = earlier.findLastIndex(({ role }) => role === 'user');
  return earlier.filter((_, n) => n !== at);
}

function parse<T extends z.ZodType>(type: T, given: unknown, path: string): z.output<T> {
  const parsed = type.safeParse(given);
  if (parsed.success) return parsed.data;
  throw invalidShape(parsed.error, [path]);
}

const isFile = ({ type }: Part): boolean => type === 'input_image' || type === 'input_file';

function textOf(said: Item['content'], path: string): string {
  if (typeof said === 'string') return said;
  return (said ?? [])
    .flatMap((each, n) => {
      if (isFile(each)) return [];
      if (typeof each.text === 'string') return [each.text];
      if (typeof each.refusal === 'string') return [each.refusal];
      const own = `${path}.content.${n}`;
      throw invalidRequest(
        `${own}: parts of type ${each.type.slice(0, 100)} can not be taken`,
        own,
        'unsupported_value',
      );
    })
    .join('\n');
}

const stringOr = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A file that is named by an id or an address has no `data:` URL, and is refused as one without content. */
function filesOf(said: Item['content']): GivenFile[] {
  const parts = Array.isArray(said) ? said.filter(isFile) : [];
  return parts.map(({ type, image_url: url, file_data: data, filename }) =>
    type === 'input_image'
      ? { url: stringOr(url) }
      : { url: stringOr(data), name: stringOr(filename) || 'a file', mayBeText: true },
  );
}
