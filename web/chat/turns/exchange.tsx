import { useEffect, useMemo, useState } from 'preact/hooks';
import { Approvals } from '../../agents/approvals.js';
import { ClientCalls } from '../../agents/clientCalls.js';
import { SubagentTasks } from '../../agents/subagentTasks.js';
import type { OpenChat } from '../../data/stream/openChat.js';
import { stableList } from '../../data/stream/stableList.js';
import type { TurnState } from '../../data/stream/turnStates.js';
import { memo } from '../../parts/memo.js';
import { type Exchange, isOutputsAlone, tasksOf } from '../../timeline/timeline.js';
import { FollowUps } from '../composer/followUps.js';
import { BeatView } from '../messages/beat.js';
import { displayedBeats } from '../messages/displayedBeats.js';
import { EditForm } from '../messages/editForm.js';
import { NoteView } from '../messages/note.js';
import { editRequest, endEdit, type PendingEdit, pendingEdits } from '../messages/pendingEdits.js';
import { ReplyForm } from '../messages/replyForm.js';
import { UserMessage } from '../messages/userMessage.js';
import { EndsWithoutReply } from './endsWithoutReply.js';
import { TurnActions } from './turnActions.js';
import { TurnStatusLine, WaitingForReply } from './turnStatusLine.js';

type ExchangeProps = { chat: OpenChat; kind: string; exchange: Exchange; next: Exchange | undefined };

/** A message of the user with the replies to it, the steps that follow them, and the actions on them. */
export const ExchangeView = memo(function ExchangeView({ chat, kind, exchange, next }: ExchangeProps) {
  /** The text that the form begins with; null while there is no form. */
  const [draft, setDraft] = useState<string | null>(null);
  /** The beat that is being edited. */
  const [editedBeat, setEditedBeat] = useState<number | null>(null);
  const { turnIds, prose } = exchange;
  const drafts = useMemo(() => stableList(() => ofTurns(chat.drafts.value, turnIds)), [chat, turnIds]).value;
  const turns = useMemo(() => stableList(() => ofTurns(chat.turns.value, turnIds)), [chat, turnIds]).value;
  const edit = usePendingEdit(chat, exchange, next);
  const editedText = edit?.text ?? null;
  // The old reply is to the old text. The log has neither the new text nor its turn until the new reply has landed.
  const beats = displayedBeats(exchange, drafts).filter(({ turnId }) => edit === null || turnId === edit.turnId);
  const isStreaming = beats.some((beat) => beat.isStreaming);
  const hasText = beats.some((beat) => beat.isStreaming && (beat.text !== '' || beat.steps.length > 0));
  const isLast = next === undefined || editedText !== null;
  const isRequested = isLast && editRequest.value === chat.id;
  useEffect(() => {
    if (!isRequested) return;
    editRequest.value = null;
    if (prose && !isOutputsAlone(prose)) setDraft(prose.text);
  }, [isRequested]);
  return (
    <section class="exchange" data-seq={exchange.seq}>
      {prose && prose.outputs.length > 0 && <ClientCalls calls={prose.outputs} />}
      {prose &&
        !isOutputsAlone(prose) &&
        (draft === null ? (
          <UserMessage
            chat={chat}
            prose={prose}
            editedText={editedText}
            isLast={isLast}
            onEdit={() => setDraft(prose.text)}
          />
        ) : (
          <EditForm chat={chat} exchange={exchange} next={next} text={draft} onText={setDraft} />
        ))}
      {beats.map((beat) =>
        beat.beat === editedBeat && !beat.isStreaming ? (
          <ReplyForm key={beat.key} beat={beat} onClose={() => setEditedBeat(null)} />
        ) : (
          <BeatView key={beat.key} beat={beat} chat={chat} kind={kind} changeIds={exchange.changeIds} isLast={isLast} />
        ),
      )}
      <SubagentTasks tasks={tasksOf(exchange)} />
      {turns.map((turn) => (
        <TurnStatusLine key={turn.turnId} chat={chat} turn={turn} isStreaming={isStreaming} hasText={hasText} />
      ))}
      {edit && turns.length === 0 && beats.length === 0 && <WaitingForReply />}
      {exchange.notes.map((note) => (
        <NoteView key={note.seq} note={note} />
      ))}
      {!isStreaming && <EndsWithoutReply chat={chat} exchange={exchange} isLast={isLast} />}
      {turns.map((turn) => (
        <TurnProgress key={turn.turnId} chat={chat} turn={turn} kind={kind} />
      ))}
      {draft === null && editedText === null && editedBeat === null && (
        <TurnActions chat={chat} kind={kind} exchange={exchange} next={next} isLast={isLast} onEdit={setEditedBeat} />
      )}
    </section>
  );
});

/** The edit of this message that the log does not show yet; null where there is none. */
function usePendingEdit(
  chat: OpenChat,
  { seq, prose, ends }: Exchange,
  next: Exchange | undefined,
): PendingEdit | null {
  const pending = pendingEdits.value.get(chat.id);
  const edit = pending?.seq === seq ? pending : null;
  const turnId = edit?.turnId ?? null;
  const isShown = turnId !== null && next === undefined && (prose?.turnId === turnId || ends.has(turnId));
  useEffect(() => {
    if (isShown) endEdit(chat.id);
  }, [chat, isShown]);
  // A turn that ended without a reply may have no other event in this exchange.
  useEffect(() => {
    if (turnId === null) return;
    return chat.onEvent((event) => {
      if (event?.kind === 'turn_completed' && event.turnId === turnId) endEdit(chat.id);
    });
  }, [chat, turnId]);
  return isShown ? null : edit;
}

const ofTurns = <T extends { turnId: string }>(all: ReadonlyMap<string, T>, turnIds: readonly string[]): T[] =>
  [...all.values()].filter(({ turnId }) => turnIds.includes(turnId));

function TurnProgress({ chat, turn, kind }: { chat: OpenChat; turn: TurnState; kind: string }) {
  return (
    <>
      {kind === 'agent' && turn.status === 'awaiting_operator' && <Approvals chat={chat} turn={turn} />}
      <FollowUps turn={turn} />
    </>
  );
}
