import type { Chat } from '../../client/src/index.js';
import type { OpenChat } from '../data/stream/openChat.js';
import { Facts, Section } from '../panel/section.js';
import { t } from '../strings/strings.js';
import { type Beat, itemsOf, type Timeline } from '../timeline/timeline.js';

/** The persona and session of a relay chat, and what the other service reported about its latest reply. */
export function RelayPanel({ chat, about }: { chat: OpenChat; about: Chat }) {
  const settings = about.settings;
  return (
    <>
      <Section title={t().relay.title}>
        <p class="plain persona">{settings.persona}</p>
        <Facts facts={[[t().relay.session, <code key="session">{settings.sessionId ?? about.id}</code>]]} />
      </Section>
      <Section title={t().relay.latest}>
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
  if (!beat?.relay) return <p class="hint">{t().relay.noReplies}</p>;
  const { usedTools, rowsSeen, classifierTag, conversationId, durationMs, chips } = beat.relay;
  return (
    <Facts
      facts={[
        [t().relay.duration, t().formats.duration(durationMs)],
        [t().relay.tools, usedTools.length > 0 ? usedTools.join(', ') : t().relay.none],
        [t().relay.rows, rowsSeen.length > 0 ? rowsSeen.join(', ') : null],
        [t().relay.tag, classifierTag ? <span class="tag">{classifierTag}</span> : null],
        [t().relay.conversation, conversationId ? <code>{conversationId}</code> : null],
        [t().relay.chips, chips > 0 ? chipsOf(beat.text).join(', ') || chips : t().relay.none],
      ]}
    />
  );
}

/** The texts in double brackets, each once. */
const chipsOf = (text: string): string[] => [
  ...new Set([...text.matchAll(/\[\[([^[\]]+)\]\]/g)].map(([, chip = '']) => chip)),
];
