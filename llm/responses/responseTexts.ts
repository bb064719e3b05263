import type { Channel } from '../../domain/log/frames.js';
import { countOf, type Fields, fieldsOf, listOf, textOf } from '../looseJson.js';
import type { Piece } from '../thinkBlocks.js';
import { createChannelText } from './channelText.js';
import {
  isMessage,
  MAX_ITEMS,
  type ResponseEvent,
  type ResponseObject,
  textOfPart,
  textOfResponse,
  textsOf,
} from './responseEvents.js';

const kinds: [RegExp, Channel][] = [
  [/^response\.(output_text|refusal|text)\.(delta|done)$/, 'text'],
  [/^response\.reasoning\w*\.(delta|done)$/, 'thinking'],
];

/**
 * Takes what is new from each event that has text: a delta, a finished part, a finished item, or the ended response. Servers
 * send some of these, and the text of one in all of them. `before`: what earlier attempts have received of the response.
 */
export function createResponseTexts(before: Record<Channel, string>) {
  const channels = {
    text: createChannelText('text', before.text),
    thinking: createChannelText('thinking', before.thinking),
  };
  const itemKey = createItemKeys();

  function takeItem(item: Fields, key: string): Piece[] {
    if (isMessage(item)) return textsOf(item).flatMap((text, n) => channels.text.finished(`${key}/${n}`, text));
    // A summary and the reasoning itself may say the same, so an item is read only where nothing was streamed.
    if (item.type !== 'reasoning' || !channels.thinking.isEmpty()) return [];
    const parts = [...listOf(item.summary), ...listOf(item.content)].slice(0, MAX_ITEMS);
    return parts.flatMap((part, n) => channels.thinking.finished(`${key}/${n}`, textOf(fieldsOf(part).text)));
  }

  return {
    take({ type, fields }: ResponseEvent): Piece[] {
      const item = itemKey(fields);
      if (type === 'response.output_item.done') return takeItem(fieldsOf(fields.item), item ?? 'item');
      const key = item === null ? null : `${item}/${countOf(fields.content_index ?? fields.summary_index) ?? 0}`;
      if (type === 'response.content_part.done') {
        const part = fieldsOf(fields.part);
        return isReasoning(part) ? [] : channels.text.finished(key, textOfPart(part));
      }
      const [pattern, channel] = kinds.find(([each]) => each.test(type)) ?? [];
      if (!pattern || !channel) return [];
      return type.endsWith('.delta')
        ? channels[channel].delta(key, deltaOf(fields.delta))
        : channels[channel].finished(key, textOfPart(fields));
    },
    /** What the ended response has beyond all that was received. */
    rest: (ended: ResponseObject): Piece[] => channels.text.rest(textOfResponse(ended)),
  };
}

const isReasoning = ({ type }: Fields): boolean => textOf(type).startsWith('reasoning');

const deltaOf = (delta: unknown): string => textOf(delta) || textOf(fieldsOf(delta).text);

/** Events name their item by its id, its place or both, and some by neither. */
function createItemKeys() {
  const keys = new Map<string | number, string>();
  return ({ output_index, item_id, item }: Fields): string | null => {
    const id = textOf(item_id) || textOf(fieldsOf(item).id);
    const names = [id === '' ? null : id, countOf(output_index)].filter((name) => name !== null);
    const key = names.map((name) => keys.get(name)).find(Boolean) ?? names.map(String)[0] ?? null;
    if (key !== null && keys.size < 2 * MAX_ITEMS) for (const name of names) keys.set(name, key);
    return key;
  };
}
