import type { RestartReason } from '../../client/src/index.js';
import { AgentSteps } from '../agents/agentSteps.js';
import type { OpenChat } from '../data/openChat.js';
import { ReplyWithChanges } from '../documents/replyWithChanges.js';
import { restartMessage } from '../parts/labels.js';
import { Markdown } from '../parts/markdown.js';
import { memo } from '../parts/memo.js';
import type { DisplayedBeat } from './displayedBeats.js';
import { Speaker } from './speaker.js';
import { TypingIndicator } from './typingIndicator.js';

type BeatProps = { beat: DisplayedBeat; chat: OpenChat; kind: string; changeIds: readonly string[] | null };

/** What somebody says, as it grows and when it is there. */
export const BeatView = memo(function BeatView({ beat, chat, kind, changeIds }: BeatProps) {
  const waits = beat.isStreaming && beat.text === '' && beat.thinking === '' && beat.steps.length === 0;
  return (
    <article class={classOf(beat)} data-turn={beat.turnId} data-beat={beat.beat}>
      <Speaker id={beat.speakerId || 'assistant'} remark={beat.isInterjection ? 'cuts in' : undefined} />
      {waits ? (
        <Waiting silentFor={beat.silentFor} />
      ) : (
        <Body beat={beat} chat={chat} kind={kind} changeIds={changeIds} />
      )}
      {beat.restart && <Lost reason={beat.restart.reason} />}
      {!waits && beat.isStreaming && beat.silentFor > 0 && <Waiting silentFor={beat.silentFor} />}
      <Remarks beat={beat} />
    </article>
  );
});

const classOf = ({ isStreaming, restart }: DisplayedBeat): string =>
  ['beat', isStreaming ? 'streaming' : '', restart ? 'lost' : ''].filter(Boolean).join(' ');

/** Why what stands above is written again. It stays in its place until the new text has grown past it. */
function Lost({ reason }: { reason: RestartReason | null }) {
  return (
    <p class="beat-note lost-note">
      <TypingIndicator />
      <span>{restartMessage(reason)}</span>
    </p>
  );
}

function Body({ beat, chat, kind, changeIds }: BeatProps) {
  if (beat.steps.length > 0) return <AgentSteps steps={beat.steps} streaming={beat.isStreaming} />;
  if (kind === 'document') {
    return <ReplyWithChanges chat={chat} text={beat.text} streaming={beat.isStreaming} changeIds={changeIds} />;
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
      <summary>{open ? 'Thinking…' : 'Thoughts'}</summary>
      <div class="thinking-text">{text}</div>
    </details>
  );
}

function Waiting({ silentFor }: { silentFor: number }) {
  return (
    <p class="waiting">
      <TypingIndicator />
      {silentFor > 0 ? (
        <span>thinking, {Math.round(silentFor)} s</span>
      ) : (
        <span class="hidden">The reply is about to begin</span>
      )}
    </p>
  );
}

/** How a reply ended, where that was not by itself, and what a relayed one is made of. */
function Remarks({ beat }: { beat: DisplayedBeat }) {
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
        <p class="failure beat-note">
          {beat.error.message} <code>{beat.error.code}</code>
        </p>
      )}
      {beat.isTruncated && !beat.error && <p class="beat-note hint">Stopped here.</p>}
    </>
  );
}
