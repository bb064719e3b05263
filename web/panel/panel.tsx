import { AgentPanel } from '../agents/agentPanel.js';
import type { OpenChat } from '../data/stream/openChat.js';
import { DocumentPanel } from '../documents/documentPanel.js';
import { MemoriesTab } from '../narrative/memories/memoriesTab.js';
import { PeopleTab } from '../narrative/peopleTab.js';
import { StoryTab } from '../narrative/story/storyTab.js';
import { RelayPanel } from '../relay/relayPanel.js';
import { t } from '../strings/strings.js';
import { Tabs } from './tabs.js';

/** What the panel beside the messages shows, by the kind of chat. */
export function Panel({ chat }: { chat: OpenChat }) {
  return (
    <div class="panel-content" key={chat.id}>
      <PanelOfKind chat={chat} />
    </div>
  );
}

function PanelOfKind({ chat }: { chat: OpenChat }) {
  const about = chat.chat.value;
  if (!about) return chat.failure.value ? null : <p class="empty">{t().common.loading}</p>;
  switch (about.kind) {
    case 'narrative':
      return (
        <Tabs
          label={t().chat.panel}
          tabs={[
            { id: 'people', label: t().narrative.people, content: <PeopleTab chat={chat} about={about} /> },
            { id: 'memories', label: t().narrative.memories, content: <MemoriesTab chat={chat} about={about} /> },
            { id: 'story', label: t().narrative.story, content: <StoryTab chat={chat} about={about} /> },
          ]}
        />
      );
    case 'document':
      return <DocumentPanel chat={chat} />;
    case 'agent':
      return <AgentPanel chat={chat} about={about} />;
    case 'relay':
      return <RelayPanel chat={chat} about={about} />;
  }
}
