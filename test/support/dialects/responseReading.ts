import type OpenAI from 'openai';

type Event = OpenAI.Responses.ResponseStreamEvent;

/** What a client has of a response after all its events. */
export type ResponseReading = {
  /** The number of the last event. */
  last: number;
  /** Ids of the items in the final output, with their text as the deltas gave it. */
  items: [id: string, text: string][];
};

/** Reads the events of a response as a strict client does. Throws where the order or a number is wrong. */
export function readResponse(events: readonly Event[]): ResponseReading {
  const open = new Map<string, string>();
  const done = new Map<string, string>();
  let last = -1;
  let output: readonly { id?: string | null }[] | null = null;
  for (const event of events) {
    if (event.sequence_number <= last) throw new Error(`${event.type} has number ${event.sequence_number}`);
    last = event.sequence_number;
    if (event.type === 'response.output_item.added') add(event.item.id ?? '', event.output_index);
    else if (event.type === 'response.output_item.done') close(event.item.id ?? '');
    else if (event.type === 'response.output_text.delta') grow(event.item_id, event.delta);
    else if (event.type === 'response.completed') output = event.response.output;
  }
  if (output === null) throw new Error('the response has not completed');

  function add(id: string, index: number) {
    if (done.has(id) || open.size > 0) throw new Error(`${id} is added beside ${[...open.keys()].join(' and ')}`);
    if (index !== done.size) throw new Error(`${id} has index ${index} after ${done.size} items`);
    open.set(id, '');
  }
  function grow(id: string, text: string) {
    if (!open.has(id)) throw new Error(`${id} is not open`);
    open.set(id, open.get(id) + text);
  }
  function close(id: string) {
    if (!open.has(id)) throw new Error(`${id} was not added`);
    done.set(id, open.get(id) ?? '');
    open.delete(id);
  }
  return { last, items: output.map(({ id }) => [id ?? '', done.get(id ?? '') ?? 'was not done']) };
}
