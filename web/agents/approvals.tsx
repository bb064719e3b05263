import { effect } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import type { Thinking } from '../../client/src/index.js';
import { tryOrNotify } from '../data/notices.js';
import { service } from '../data/service.js';
import { useChatQuery } from '../data/stream/chatQuery.js';
import type { OpenChat } from '../data/stream/openChat.js';
import type { TurnState } from '../data/stream/turnStates.js';
import { t } from '../strings/strings.js';

/** The tool calls of a turn that wait for approval. */
export function Approvals({ chat, turn }: { chat: OpenChat; turn: TurnState }) {
  const calls = useChatQuery(chat, () => readPending(chat.id), ['tool_call_end', 'turn_completed']);
  // No event says that a call waits for approval: only the status of its turn changes.
  useEffect(
    () =>
      effect(() => {
        if (chat.turns.value.has(turn.turnId)) calls.refresh();
      }),
    [chat, turn.turnId, calls.refresh],
  );
  const pending = calls.value.value ?? [];
  return (
    <>
      {pending.map((call) => (
        <Approval key={call.id} turnId={turn.turnId} call={call} onDecided={calls.refresh} />
      ))}
    </>
  );
}

type OpenCall = Thinking['toolCalls'][number];

async function readPending(chatId: string): Promise<OpenCall[]> {
  const thinking = await service.getThinking(chatId);
  return (thinking?.toolCalls ?? []).filter(({ status }) => status === 'awaiting_approval');
}

type ApprovalProps = { turnId: string; call: OpenCall; onDecided(): void };

function Approval({ turnId, call, onDecided }: ApprovalProps) {
  const [comment, setComment] = useState('');
  const [isSending, setSending] = useState(false);
  const decide = async (approved: boolean) => {
    setSending(true);
    await tryOrNotify(() =>
      service.decideApproval(turnId, call.id, { approved, ...(comment.trim() ? { comment } : {}) }),
    );
    setSending(false);
    onDecided();
  };
  return (
    <section class="approval" aria-label={t().agents.allowTool(call.name)}>
      <p>
        {t().agents.wantsTool[0]}
        <strong>{call.name}</strong>
        {t().agents.wantsTool[1]}
      </p>
      <pre>{JSON.stringify(call.arguments, null, 2)}</pre>
      <label class="field">
        {t().agents.comment}
        <input value={comment} maxLength={4000} onInput={(event) => setComment(event.currentTarget.value)} />
      </label>
      <div class="row">
        <button type="button" class="button primary" disabled={isSending} onClick={() => decide(true)}>
          {t().agents.allow}
        </button>
        <button type="button" class="button danger" disabled={isSending} onClick={() => decide(false)}>
          {t().agents.deny}
        </button>
      </div>
    </section>
  );
}
