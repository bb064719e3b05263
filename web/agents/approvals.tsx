import { effect } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import type { Thinking } from '../../client/src/index.js';
import { get, post } from '../data/api.js';
import { useChatQuery } from '../data/chatQuery.js';
import { tryOrNotify } from '../data/notices.js';
import type { OpenChat, TurnState } from '../data/openChat.js';

/** The calls of tools that wait for a person's word. */
export function Approvals({ chat, turn }: { chat: OpenChat; turn: TurnState }) {
  const calls = useChatQuery(chat, () => readWaiting(chat.id), ['tool_call_end', 'turn_completed']);
  // That a call waits is told by its turn's state, and by no event.
  useEffect(
    () =>
      effect(() => {
        if (chat.turns.value.has(turn.turnId)) calls.refresh();
      }),
    [chat, turn.turnId, calls.refresh],
  );
  const waiting = calls.value.value ?? [];
  return (
    <>
      {waiting.map((call) => (
        <Approval key={call.id} turnId={turn.turnId} call={call} onDecided={calls.refresh} />
      ))}
    </>
  );
}

type OpenCall = Thinking['toolCalls'][number];

async function readWaiting(chatId: string): Promise<OpenCall[]> {
  const thinking = await get<Thinking | null>(`/v1/chats/${chatId}/thinking`);
  return (thinking?.toolCalls ?? []).filter(({ status }) => status === 'awaiting_approval');
}

type ApprovalProps = { turnId: string; call: OpenCall; onDecided(): void };

function Approval({ turnId, call, onDecided }: ApprovalProps) {
  const [comment, setComment] = useState('');
  const [sent, setSent] = useState(false);
  const decide = async (approved: boolean) => {
    setSent(true);
    const path = `/v1/turns/${turnId}/approvals/${encodeURIComponent(call.id)}`;
    await tryOrNotify(() => post(path, { approved, ...(comment.trim() ? { comment } : {}) }));
    setSent(false);
    onDecided();
  };
  return (
    <section class="approval" aria-label={`May ${call.name} be used?`}>
      <p>
        May the agent use <strong>{call.name}</strong>? It waits for your word, also over restarts.
      </p>
      <pre>{JSON.stringify(call.arguments, null, 2)}</pre>
      <label class="field">
        A word to the agent, if you like
        <input value={comment} maxLength={4000} onInput={(event) => setComment(event.currentTarget.value)} />
      </label>
      <div class="row">
        <button type="button" class="button primary" disabled={sent} onClick={() => decide(true)}>
          Allow
        </button>
        <button type="button" class="button danger" disabled={sent} onClick={() => decide(false)}>
          Deny
        </button>
      </div>
    </section>
  );
}
