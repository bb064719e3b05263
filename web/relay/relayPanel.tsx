import type { Chat } from '../../client/src/index.js';
import type { OpenChat } from '../data/stream/openChat.js';
import { Facts, Section } from '../panel/section.js';
import { formatDuration } from '../parts/format.js';
import { type Beat, itemsOf, type Timeline } from '../timeline/timeline.js';

/** The persona and session of a relay chat, and what the other service reported about its latest reply. */
export function RelayPanel({ chat, about }: { chat: OpenChat; about: Chat }) {
  const settings = about.settings;
  return (
    <>
      <Section title="Other chat service">
        <p class="plain persona">{settings.persona}</p>
        <Facts facts={[['Session ID', <code key="session">{settings.sessionId ?? about.id}</code>]]} />
      </Section>
      <Section title="Latest reply">
        <LatestReply beat={latestRelayedBeat(chat.timeline.value)} />
      </Section>
    </>
  );
}

function latestRelayedBeat(timeline: Timeline): Beat | undefined {
  return itemsOf(timeline)
    .flatMap((item) => (item.type === 'exchange' ? item.beats : []))
    .findLast(({ relay }) => relay !== undefined);
}

function LatestReply({ beat }: { beat: Beat | undefined }) {
  if (!beat?.relay) return <p class="hint">No replies yet.</p>;
  const { usedTools, rowsSeen, classifierTag, conversationId, durationMs, chips } = beat.relay;
  return (
    <Facts
      facts={[
        ['Duration', formatDuration(durationMs)],
        ['Tools used', usedTools.length > 0 ? usedTools.join(', ') : 'none'],
        ['Rows read', rowsSeen.length > 0 ? rowsSeen.join(', ') : null],
        ['Tag', classifierTag ? <span class="tag">{classifierTag}</span> : null],
        ['Conversation ID', conversationId ? <code>{conversationId}</code> : null],
        ['Chips', chips > 0 ? chipsOf(beat.text).join(', ') || chips : 'none'],
      ]}
    />
  );
}

/** The texts in double brackets, each once. */
const chipsOf = (text: string): string[] => [
  ...new Set([...text.matchAll(/\[\[([^[\]]+)\]\]/g)].map(([, chip = '']) => chip)),
];
