import type { RestartReason } from '../../../client/src/index.js';
import { AgentSteps } from '../../agents/agentSteps.js';
import type { OpenChat } from '../../data/stream/openChat.js';
import { ReplyWithChanges } from '../../documents/replyWithChanges.js';
import { restartMessage } from '../../parts/labels.js';
import { Markdown } from '../../parts/markdown.js';
import { memo } from '../../parts/memo.js';
import { t } from '../../strings/strings.js';
import { TryAgain } from '../turns/endsWithoutReply.js';
import { FailureBox } from '../turns/failureBox.js';
import type { DisplayedBeat } from './displayedBeats.js';
import { Speaker } from './speaker.js';
import { TypingIndicator } from './typingIndicator.js';

type BeatProps = {
  beat: DisplayedBeat;
  chat: OpenChat;
  kind: string;
  changeIds: readonly string[] | null;
  isLast: boolean;
};

/** A reply of one speaker, while it streams and after it has landed. */
export const BeatView = memo(function BeatView({ beat, chat, kind, changeIds, isLast }: BeatProps) {
  const isPending = beat.isStreaming && beat.text === '' && beat.thinking === '' && beat.steps.length === 0;
  return (
    <article class={classOf(beat)} data-turn={beat.turnId} data-beat={beat.beat}>
      <Speaker id={beat.speakerId || 'assistant'} note={noteOf(beat)} at={beat.at} />
      {isPending ? (
        <ReplyPending silentFor={beat.silentFor} />
      ) : (
        <ReplyBody beat={beat} chat={chat} kind={kind} changeIds={changeIds} />
      )}
      {beat.restart && <RestartNote reason={beat.restart.reason} />}
      {!isPending && beat.isStreaming && beat.silentFor > 0 && <ReplyPending silentFor={beat.silentFor} />}
      <ReplyFooter beat={beat} chat={chat} isLast={isLast} />
    </article>
  );
});

function noteOf({ isInterjection, isEdited }: DisplayedBeat): string | undefined {
  const notes = [isInterjection ? t().message.joinsIn : '', isEdited ? t().message.edited : ''].filter(Boolean);
  return notes.length > 0 ? notes.join(' · ') : undefined;
}

const classOf = ({ isStreaming, restart }: DisplayedBeat): string =>
  ['beat', isStreaming ? 'streaming' : '', restart ? 'lost' : ''].filter(Boolean).join(' ');

/** Why the reply above is being written again. */
function RestartNote({ reason }: { reason: RestartReason | null }) {
  return (
    <p class="beat-note lost-note">
      <TypingIndicator />
      <span>{restartMessage(reason)}</span>
    </p>
  );
}

function ReplyBody({ beat, chat, kind, changeIds }: Omit<BeatProps, 'isLast'>) {
  if (beat.steps.length > 0) return <AgentSteps steps={beat.steps} isStreaming={beat.isStreaming} />;
  if (kind === 'document') {
    return <ReplyWithChanges chat={chat} text={beat.text} isStreaming={beat.isStreaming} changeIds={changeIds} />;
  }
  return (
    <>
      {beat.thinking !== '' && <Thinking text={beat.thinking} open={beat.isStreaming && beat.text === ''} />}
      <Markdown text={beat.text} chips={kind === 'relay'} />
    </>
  );
}

export function Thinking({ text, open }: { text: string; open: boolean }) {
  return (
    <details class="thinking" open={open}>
      <summary>{open ? t().message.thinking : t().message.thought}</summary>
      <div class="thinking-text">{text}</div>
    </details>
  );
}

/** Shown before the first text of a reply. `silentFor`: seconds, where the other service reports them. */
function ReplyPending({ silentFor }: { silentFor: number }) {
  return (
    <p class="waiting">
      <TypingIndicator />
      {silentFor > 0 ? (
        <span>{t().message.thinkingFor(Math.round(silentFor))}</span>
      ) : (
        <span class="hidden">{t().message.waiting}</span>
      )}
    </p>
  );
}

/** The tools that a relayed reply used, and how a reply ended where it is not complete. */
function ReplyFooter({ beat, chat, isLast }: Pick<BeatProps, 'beat' | 'chat' | 'isLast'>) {
  return (
    <>
      {beat.usedTools.length > 0 && (
        <p class="chips">
          {beat.usedTools.map((tool) => (
            <span class="tag" key={tool}>
              {tool}
            </span>
          ))}
        </p>
      )}
      {beat.error && (
        <FailureBox error={beat.error}>{isLast && <TryAgain chat={chat} turnId={beat.turnId} />}</FailureBox>
      )}
      {beat.isTruncated && !beat.error && <p class="beat-note hint">{t().message.stopped}</p>}
    </>
  );
}
