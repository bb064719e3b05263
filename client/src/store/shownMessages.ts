import type { AgentStep, Attachment, EventFrame, Message, PublicError } from '../schema.js';

/** A message of a chat as a page shows it. */
export type ShownMessage = {
  /** That of the service; of a message that is being sent `unsent:` and its idempotency key. */
  id: string;
  role: Message['role'];
  text: string;
  /** Null of a greeting, an added and a system message, and while the message is being sent. */
  turnId: string | null;
  /** ISO 8601, UTC. */
  at: string;
  speakerId?: string;
  truncated?: boolean;
  /** Of an agent's reply. */
  steps?: readonly AgentStep[];
  attachments?: readonly Attachment[];
  /** Why the reply has no end. */
  error?: PublicError;
  /** Of a message that was sent from here and is not known to be accepted. `failed`: it can be sent again. */
  state?: 'sending' | 'failed';
};

const turnIdOf = (messageId: string): string | null => /^(turn_[^:]+):/.exec(messageId)?.[1] ?? null;

export const shownMessage = (message: Message): ShownMessage => ({
  id: message.id,
  role: message.role,
  text: message.content,
  turnId: turnIdOf(message.id),
  at: message.at,
  ...(message.speakerId === undefined ? {} : { speakerId: message.speakerId }),
  ...(message.truncated === undefined ? {} : { truncated: message.truncated }),
  ...(message.steps === undefined ? {} : { steps: message.steps }),
  ...(message.attachments === undefined ? {} : { attachments: message.attachments }),
});

/** The kinds of events that change more of a transcript than they say: it is read again. */
const rewrites: ReadonlySet<string> = new Set<EventFrame['kind']>([
  'user_turn_edit',
  'turn_rolled_back',
  'turn_superseded',
  'version_activated',
  'chat_rewound',
  'rewind_undone',
  'message_added',
  'system_message',
]);

/** Whether the transcript has to be read again after an event. A greeting has no turn. */
export const rewritesMessages = ({ kind, turnId }: EventFrame): boolean =>
  rewrites.has(kind) || (kind === 'assistant_turn' && turnId === null);

/** The messages after an event. An event that they have already changes nothing. */
export function evolveMessages(messages: readonly ShownMessage[], event: EventFrame): readonly ShownMessage[] {
  const { turnId, at } = event;
  if (turnId === null) return messages;
  switch (event.kind) {
    case 'user_turn': {
      const { text, attachments } = event.data;
      const message: ShownMessage = { id: `${turnId}:user`, role: 'user', text, turnId, at };
      return put(messages, attachments ? { ...message, attachments } : message);
    }
    case 'assistant_turn': {
      const { beat, text, speakerId, truncated, steps, error } = event.data;
      const message: ShownMessage = {
        id: `${turnId}:${beat}`,
        role: 'assistant',
        text,
        turnId,
        at,
        speakerId,
        truncated,
      };
      return put(messages, { ...message, ...(steps ? { steps } : {}), ...(error ? { error } : {}) });
    }
    // At once, because the messages that are read again come later: both versions would be shown until then.
    case 'turn_superseded':
      return messages.filter(({ role, turnId: of }) => role !== 'assistant' || of !== event.data.turnId);
    default:
      return messages;
  }
}

/** The messages with one that was accepted, if its event has not arrived before. */
export const withMessage = (messages: readonly ShownMessage[], message: ShownMessage): readonly ShownMessage[] =>
  messages.some(({ id }) => id === message.id) ? messages : [...messages, message];

/** A reply stands behind the messages of its turn: a turn that was queued meanwhile comes after it. */
function put(messages: readonly ShownMessage[], message: ShownMessage): readonly ShownMessage[] {
  const known = messages.findIndex(({ id }) => id === message.id);
  if (known >= 0) return messages.map((each, n) => (n === known ? message : each));
  const before = message.role === 'assistant' ? messages.findLastIndex(({ turnId }) => turnId === message.turnId) : -1;
  return before < 0 ? [...messages, message] : messages.toSpliced(before + 1, 0, message);
}
