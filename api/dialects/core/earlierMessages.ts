import type { EarlierMessage } from '../../../db/chats/newChat.js';
import type { ClientOutput } from '../../../domain/agents/clientFunctions.js';
import type { AddedCall } from '../../../domain/log/events.js';

/** Collects the messages of a history that a client sends, with the calls of its functions and their outputs. */
export function collectEarlier() {
  const earlier: EarlierMessage[] = [];
  const calls = new Map<string, AddedCall>();
  /** The message of the assistant that further calls belong to. */
  let open: EarlierMessage | null = null;
  let outputs: ClientOutput[] = [];

  function assistant(text: string): EarlierMessage {
    const message: EarlierMessage = { role: 'assistant', text };
    open = message;
    outputs = [];
    earlier.push(message);
    return message;
  }

  return {
    user(text: string): void {
      open = null;
      earlier.push({ role: 'user', text });
    },
    assistant: (text: string): void => void assistant(text),
    call(call: AddedCall): void {
      const message = open ?? assistant('');
      message.calls = [...(message.calls ?? []), call];
      calls.set(call.id, call);
    },
    /** False if none of the messages has the call: it may be one of the chat. */
    output(output: ClientOutput): boolean {
      open = null;
      outputs.push(output);
      const call = calls.get(output.callId);
      if (call) call.result = output.output;
      return call !== undefined;
    },
    /** `outputs`: those after the last message of the assistant. Messages without content are left out. */
    result: () => ({
      earlier: earlier.filter(({ text, calls: own }) => text !== '' || own),
      outputs,
    }),
  };
}
