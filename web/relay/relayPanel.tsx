import type { Chat } from '../../client/src/index.js';
import { settingsOf } from '../data/chatSettings.js';
import type { OpenChat } from '../data/openChat.js';
import { Facts, Section } from '../panel/section.js';
import { formatDuration } from '../parts/labels.js';
import { type Beat, itemsOf, type Timeline } from '../timeline/timeline.js';

/** Whom a relayed chat is with, and what the other service told of its newest reply. */
export function RelayPanel({ chat, about }: { chat: OpenChat; about: Chat }) {
  const settings = settingsOf(about);
  return (
    <>
      <Section title="Other service">
        <p class="plain persona">{settings.persona}</p>
        <Facts facts={[['Session', <code key="session">{settings.sessionId ?? about.id}</code>]]} />
      </Section>
      <Section title="Newest reply">
        <NewestReply beat={newestRelayed(chat.timeline.value)} />
      </Section>
    </>
  );
}

function newestRelayed(timeline: Timeline): Beat | undefined {
  return itemsOf(timeline)
    .flatMap((item) => (item.type === 'exchange' ? item.beats : []))
    .findLast(({ relay }) => relay !== undefined);
}

function NewestReply({ beat }: { beat: Beat | undefined }) {
  if (!beat?.relay) return <p class="hint">Nothing was answered yet.</p>;
  const { usedTools, rowsSeen, classifierTag, conversationId, durationMs, chips } = beat.relay;
  return (
    <Facts
      facts={[
        ['Took', formatDuration(durationMs)],
        ['Used', usedTools.length > 0 ? usedTools.join(', ') : 'no tools'],
        ['Rows seen', rowsSeen.length > 0 ? rowsSeen.join(', ') : null],
        ['Tag', classifierTag ? <span class="tag">{classifierTag}</span> : null],
        ['Conversation', conversationId ? <code>{conversationId}</code> : null],
        ['Chips', chips > 0 ? chipsOf(beat.text).join(', ') || chips : 'none'],
      ]}
    />
  );
}

/** What stands between double brackets, each once. */
const chipsOf = (text: string): string[] => [
  ...new Set([...text.matchAll(/\[\[([^[\]]+)\]\]/g)].map(([, chip = '']) => chip)),
];
