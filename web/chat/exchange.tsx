import { useMemo, useState } from 'preact/hooks';
import { Approvals } from '../agents/approvals.js';
import { SubagentTasks } from '../agents/subagentTasks.js';
import type { OpenChat } from '../data/openChat.js';
import { stableList } from '../data/stableList.js';
import type { TurnState } from '../data/turnStates.js';
import { UserText } from '../markdown/userText.js';
import { memo } from '../parts/memo.js';
import { type Exchange, type Prose, tasksOf } from '../timeline/timeline.js';
import { Attachments } from './attachments.js';
import { BeatView } from './beat.js';
import { displayedBeats } from './displayedBeats.js';
import { EditForm } from './editForm.js';
import { FollowUps } from './followUps.js';
import { NoteView } from './note.js';
import { TurnActions } from './turnActions.js';
import { TurnStatusLine } from './turnStatusLine.js';

type ExchangeProps = { chat: OpenChat; kind: string; exchange: Exchange; next: Exchange | undefined };

/** A message of the user with the replies to it, the steps that follow them, and the actions on the turn. */
export const ExchangeView = memo(function ExchangeView({ chat, kind, exchange, next }: ExchangeProps) {
  const [isEditing, setEditing] = useState(false);
  const { turnIds } = exchange;
  const drafts = useMemo(() => stableList(() => ofTurns(chat.drafts.value, turnIds)), [chat, turnIds]).value;
  const turns = useMemo(() => stableList(() => ofTurns(chat.turns.value, turnIds)), [chat, turnIds]).value;
  const beats = displayedBeats(exchange, drafts);
  const isStreaming = beats.some((beat) => beat.isStreaming);
  return (
    <section class="exchange" data-seq={exchange.seq}>
      {exchange.prose &&
        (isEditing ? (
          <EditForm chat={chat} exchange={exchange} next={next} onDone={() => setEditing(false)} />
        ) : (
          <UserMessage {...exchange.prose} />
        ))}
      {beats.map((beat) => (
        <BeatView key={beat.key} beat={beat} chat={chat} kind={kind} changeIds={exchange.changeIds} />
      ))}
      <SubagentTasks tasks={tasksOf(exchange)} />
      {turns.map((turn) => (
        <TurnStatusLine key={turn.turnId} chat={chat} turn={turn} isStreaming={isStreaming} />
      ))}
      {exchange.notes.map((note) => (
        <NoteView key={note.seq} note={note} />
      ))}
      {beats.length === 0 && <EndsWithoutReply exchange={exchange} />}
      {turns.map((turn) => (
        <TurnProgress key={turn.turnId} chat={chat} turn={turn} kind={kind} />
      ))}
      {!isEditing && (
        <TurnActions
          chat={chat}
          exchange={exchange}
          next={next}
          isLast={next === undefined}
          onEdit={() => setEditing(true)}
        />
      )}
    </section>
  );
});

const ofTurns = <T extends { turnId: string }>(all: ReadonlyMap<string, T>, turnIds: readonly string[]): T[] =>
  [...all.values()].filter(({ turnId }) => turnIds.includes(turnId));

function UserMessage({ text, quote, attachments }: Pick<Prose, 'text' | 'quote' | 'attachments'>) {
  return (
    <article class="user-message">
      <h3 class="hidden">Your message</h3>
      {quote && <blockquote>{quote}</blockquote>}
      <UserText text={text} />
      <Attachments attachments={attachments} />
    </article>
  );
}

function TurnProgress({ chat, turn, kind }: { chat: OpenChat; turn: TurnState; kind: string }) {
  return (
    <>
      {kind === 'agent' && turn.status === 'awaiting_operator' && <Approvals chat={chat} turn={turn} />}
      <FollowUps turn={turn} />
    </>
  );
}

/** Why turns ended without a reply. */
function EndsWithoutReply({ exchange }: { exchange: Exchange }) {
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
            Stopped before the reply.
          </p>
        ) : null;
      })}
    </>
  );
}
