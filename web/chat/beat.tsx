import type { RestartReason } from '../../domain/turns/restartReasons.js';
import { AgentSteps } from '../agents/agentSteps.js';
import type { OpenChat } from '../data/openChat.js';
import { ReplyWithChanges } from '../documents/replyWithChanges.js';
import { restartMessage } from '../parts/labels.js';
import { Markdown } from '../parts/markdown.js';
import { memo } from '../parts/memo.js';
import type { Said } from './displayedBeats.js';
import { Speaker } from './speaker.js';
import { TypingIndicator } from './typingIndicator.js';

type BeatProps = { said: Said; chat: OpenChat; kind: string; changeIds: readonly string[] | null };

/** What somebody says, as it grows and when it is there. */
export const BeatView = memo(function BeatView({ said, chat, kind, changeIds }: BeatProps) {
  const waits = said.streaming && said.text === '' && said.thinking === '' && said.steps.length === 0;
  return (
    <article class={classOf(said)} data-turn={said.turnId} data-beat={said.beat}>
      <Speaker id={said.speakerId || 'assistant'} remark={said.interjects ? 'cuts in' : undefined} />
      {waits ? (
        <Waiting silentFor={said.silentFor} />
      ) : (
        <Body said={said} chat={chat} kind={kind} changeIds={changeIds} />
      )}
      {said.lost && <Lost reason={said.lost.reason} />}
      {!waits && said.streaming && said.silentFor > 0 && <Waiting silentFor={said.silentFor} />}
      <Remarks said={said} />
    </article>
  );
});

const classOf = ({ streaming, lost }: Said): string =>
  ['beat', streaming ? 'streaming' : '', lost ? 'lost' : ''].filter(Boolean).join(' ');

/** Why what stands above is written again. It stays in its place until the new text has grown past it. */
function Lost({ reason }: { reason: RestartReason | null }) {
  return (
    <p class="beat-note lost-note">
      <TypingIndicator />
      <span>{restartMessage(reason)}</span>
    </p>
  );
}

function Body({ said, chat, kind, changeIds }: BeatProps) {
  if (said.steps.length > 0) return <AgentSteps steps={said.steps} streaming={said.streaming} />;
  if (kind === 'document') {
    return <ReplyWithChanges chat={chat} text={said.text} streaming={said.streaming} changeIds={changeIds} />;
  }
  return (
    <>
      {said.thinking !== '' && <Thinking text={said.thinking} open={said.streaming && said.text === ''} />}
      <Markdown text={said.text} chips={kind === 'relay'} />
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
function Remarks({ said }: { said: Said }) {
  return (
    <>
      {said.usedTools.length > 0 && (
        <p class="chips">
          {said.usedTools.map((tool) => (
            <span class="tag" key={tool}>
              {tool}
            </span>
          ))}
        </p>
      )}
      {said.error && (
        <p class="failure beat-note">
          {said.error.message} <code>{said.error.code}</code>
        </p>
      )}
      {said.truncated && !said.error && <p class="beat-note hint">Stopped here.</p>}
    </>
  );
}
