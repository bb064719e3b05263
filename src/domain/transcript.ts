import type { ChatEvent } from './events.js';
import type { TokenUsage } from './turn.js';

/** One message of the transcript, as clients read it. */
export type Message = {
  role: 'user' | 'assistant';
  content: string;
  messageId: string;
  at: string;
  speakerId?: string;
  truncated?: boolean;
  modelId?: string;
  tokenUsage?: TokenUsage;
  /** An HTML fragment of `content`: paragraphs, with all of the text escaped. */
  html: string;
};

/** What was said under one user turn. The turns of a reply's versions share it. */
type Exchange = { prose: Spoken | null; replies: Spoken[] };
type Spoken = { turnId: string; message: Message };

/**
 * The chat's messages, folded from the events of its timeline. They are grouped by user turn, in the order in
 * which the user spoke: a turn that was queued while a reply streamed comes after that reply.
 */
export function foldTranscript(events: Iterable<ChatEvent>): Message[] {
  const exchanges = new Map<number, Exchange>();
  const usages = new Map<string, TokenUsage | null>();
  const at = (userTurnSeq: number): Exchange => {
    const exchange = exchanges.get(userTurnSeq) ?? { prose: null, replies: [] };
    exchanges.set(userTurnSeq, exchange);
    return exchange;
  };
  for (const event of events) {
    if (event.turnId === null || event.hiddenBy !== null || event.supersededBy !== null) continue;
    addEvent(event, event.turnId, at, usages);
  }
  return [...exchanges]
    .sort(([a], [b]) => a - b)
    .flatMap(([, exchange]) => toMessages(exchange, (turnId) => usages.get(turnId) ?? null));
}

function addEvent(
  event: ChatEvent,
  turnId: string,
  at: (userTurnSeq: number) => Exchange,
  usages: Map<string, TokenUsage | null>,
): void {
  switch (event.kind) {
    case 'user_turn':
      at(event.seq).prose = { turnId, message: message('user', event.data.text, `${turnId}:user`, event.at) };
      return;
    case 'user_turn_edit':
      at(event.data.userTurnSeq).prose = {
        turnId,
        message: message('user', event.data.text, `${turnId}:user`, event.at),
      };
      return;
    case 'assistant_turn':
      at(event.data.userTurnSeq).replies.push({
        turnId,
        message: {
          ...message('assistant', event.data.text, `${turnId}:${event.data.beat}`, event.at),
          speakerId: event.data.speakerId,
          truncated: event.data.truncated,
          modelId: event.data.model,
        },
      });
      return;
    case 'turn_completed':
      usages.set(turnId, event.data.tokenUsage);
      return;
    case 'chat_created':
    case 'user_turn_parsed':
    case 'assistant_turn_started':
    case 'memory_written':
    case 'memory_scored':
    case 'memory_pinned':
    case 'memory_unpinned':
    case 'edge_update':
    case 'edge_summary':
    case 'scene_opened':
    case 'scene_closed':
    case 'scene_summary':
    case 'story_event_planned':
    case 'story_event_started':
    case 'story_event_completed':
    case 'story_event_cancelled':
    case 'object_acquired':
    case 'step_stuck':
    case 'step_skipped':
    case 'turn_rolled_back':
    case 'turn_superseded':
    case 'version_activated':
    case 'guest_cleared':
    case 'chat_rewound':
    case 'rewind_undone':
      return;
  }
}

function message(role: Message['role'], content: string, messageId: string, at: string): Message {
  return { role, content, messageId, at, html: toHtml(content) };
}

/** `tokenUsage` is that of the turn that replied, and sits on the last user and the last assistant message. */
function toMessages({ prose, replies }: Exchange, usageOf: (turnId: string) => TokenUsage | null): Message[] {
  const last = replies.at(-1) ?? prose;
  const tokenUsage = last && usageOf(last.turnId);
  const spoken = [...(prose ? [prose] : []), ...replies];
  return spoken.map((each) =>
    tokenUsage && (each === prose || each === last) ? { ...each.message, tokenUsage } : each.message,
  );
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}

/** Blank lines part paragraphs, other line ends break lines; nothing in the text is taken as markup. */
export function toHtml(text: string): string {
  return escapeHtml(text)
    .split(/\r?\n(?:[ \t]*\r?\n)+/)
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph !== '')
    .map((paragraph) => `<p>${paragraph.replace(/\r?\n/g, '<br>')}</p>`)
    .join('\n');
}
