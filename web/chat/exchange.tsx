import { useMemo, useState } from 'preact/hooks';
import { Approvals } from '../agents/approvals.js';
import { SubagentTasks } from '../agents/subagentTasks.js';
import type { OpenChat, TurnState } from '../data/openChat.js';
import { stableList } from '../data/stableList.js';
import { memo } from '../parts/memo.js';
import type { Exchange } from '../timeline/timeline.js';
import { BeatView } from './beat.js';
import { displayedBeats } from './displayedBeats.js';
import { EditForm } from './editForm.js';
import { FollowUps } from './followUps.js';
import { NoteView } from './note.js';
import { Actions } from './turnActions.js';
import { TurnStatusLine } from './turnStatusLine.js';

type ExchangeProps = { chat: OpenChat; kind: string; exchange: Exchange; next: Exchange | undefined };

/** One user turn: what was said, what was answered, what follows from it, and what can be done with it. */
export const ExchangeView = memo(function ExchangeView({ chat, kind, exchange, next }: ExchangeProps) {
  const [editing, setEditing] = useState(false);
  const { turnIds } = exchange;
  const coming = useMemo(() => stableList(() => ofTurns(chat.drafts.value, turnIds)), [chat, turnIds]);
  const states = useMemo(() => stableList(() => ofTurns(chat.turns.value, turnIds)), [chat, turnIds]);
  const drafts = coming.value;
  const turns = states.value;
  const beats = displayedBeats(exchange, drafts);
  const isLast = next === undefined;
  return (
    <section class="exchange" data-seq={exchange.seq}>
      {exchange.prose &&
        (editing ? (
          <EditForm chat={chat} exchange={exchange} next={next} onDone={() => setEditing(false)} />
        ) : (
          <UserMessage text={exchange.prose.text} quote={exchange.prose.quote} />
        ))}
      {beats.map((beat) => (
        <BeatView key={beat.key} beat={beat} chat={chat} kind={kind} changeIds={exchange.changeIds} />
      ))}
      <SubagentTasks tasks={exchange.tasks} />
      {turns.map((turn) => (
        <TurnStatusLine
          key={turn.turnId}
          chat={chat}
          turn={turn}
          isHeard={beats.some(({ isStreaming }) => isStreaming)}
        />
      ))}
      {exchange.notes.map((note) => (
        <NoteView key={note.seq} note={note} />
      ))}
      <Ends exchange={exchange} hasReply={beats.length > 0} />
      {turns.map((turn) => (
        <Following key={turn.turnId} chat={chat} turn={turn} kind={kind} />
      ))}
      {!editing && (
        <Actions chat={chat} exchange={exchange} next={next} isLast={isLast} onEdit={() => setEditing(true)} />
      )}
    </section>
  );
});

const ofTurns = <T extends { turnId: string }>(all: ReadonlyMap<string, T>, turnIds: readonly string[]): T[] =>
  [...all.values()].filter(({ turnId }) => turnIds.includes(turnId));

function UserMessage({ text, quote }: { text: string; quote: string | null }) {
  return (
    <article class="mine">
      <h3 class="hidden">You said</h3>
      {quote && <blockquote>{quote}</blockquote>}
      <div class="mine-text">{text}</div>
    </article>
  );
}

function Following({ chat, turn, kind }: { chat: OpenChat; turn: TurnState; kind: string }) {
  return (
    <>
      {kind === 'agent' && turn.status === 'awaiting_operator' && <Approvals chat={chat} turn={turn} />}
      <FollowUps turn={turn} />
    </>
  );
}

/** A turn that ended without a reply says so itself. */
function Ends({ exchange, hasReply }: { exchange: Exchange; hasReply: boolean }) {
  if (hasReply) return null;
  return (
    <>
      {[...exchange.ends.values()].map(({ turnId, status, error }) => {
        if (error) {
          return (
            <p class="failure beat-note" key={turnId}>
              {error.message} <code>{error.code}</code>
            </p>
          );
        }
        return status === 'cancelled' ? (
          <p class="beat-note hint" key={turnId}>
            Stopped before a reply.
          </p>
        ) : null;
      })}
    </>
  );
}
