import * as ai5 from 'ai5';
import * as ai6 from 'ai6';
import * as ai7 from 'ai7';

export type Part = { type: string; text?: string; state?: string } & Record<string, unknown>;
export type ShownMessage = { id: string; role: string; parts: Part[] };

/** A page's chat as `useChat` makes it, of one of the AI SDK's versions. */
export type StockChat = {
  readonly id: string;
  readonly messages: ShownMessage[];
  readonly status: string;
  readonly error: Error | undefined;
  sendMessage(message?: { text: string; messageId?: string }): Promise<void>;
  regenerate(options?: { messageId?: string }): Promise<void>;
  resumeStream(): Promise<void>;
  stop(): Promise<void>;
  addToolResult(result: { tool: string; toolCallId: string; output: unknown }): Promise<void>;
  addToolApprovalResponse?(answer: { id: string; approved: boolean; reason?: string }): Promise<void>;
};

type Api = { AbstractChat: unknown; DefaultChatTransport: unknown };
type Base = new (init: object) => StockChat;
const versions: Record<5 | 6 | 7, Api> = { 5: ai5, 6: ai6, 7: ai7 };

/** The state that React keeps for `useChat`, kept in memory. */
function createState(messages: ShownMessage[]) {
  return {
    status: 'ready',
    error: undefined,
    messages,
    pushMessage(message: ShownMessage) {
      this.messages = [...this.messages, message];
    },
    popMessage() {
      this.messages = this.messages.slice(0, -1);
    },
    replaceMessage(index: number, message: ShownMessage) {
      this.messages = this.messages.map((each, n) => (n === index ? message : each));
    },
    snapshot: <T>(value: T): T => structuredClone(value),
  };
}

export function createStockChat(
  version: 5 | 6 | 7,
  {
    id,
    messages = [],
    ...where
  }: { id: string; messages?: ShownMessage[] } & ({ api: string; body?: object } | { transport: object }),
): StockChat {
  const { AbstractChat, DefaultChatTransport } = versions[version];
  const transport =
    'transport' in where ? where.transport : new (DefaultChatTransport as new (options: object) => object)(where);
  return new (AbstractChat as Base)({ id, transport, state: createState(messages) });
}

export const textOf = (message: ShownMessage | undefined): string =>
  (message?.parts ?? []).map(({ type, text }) => (type === 'text' ? text : '')).join('');
