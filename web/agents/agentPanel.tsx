import type { Chat } from '../../client/src/index.js';
import { settingsOf } from '../data/chatSettings.js';
import type { OpenChat } from '../data/openChat.js';
import { DocumentPanel } from '../documents/documentPanel.js';
import { type Tab, Tabs } from '../panel/tabs.js';
import { AgentSettings } from './agentSettings.js';
import { PlanTab } from './planTab.js';
import { hasPlan, useProjection } from './projection.js';
import { ToolsSection } from './toolsSection.js';

/** What an agent may use, what it works on, and what it has put together. */
export function AgentPanel({ chat, about }: { chat: OpenChat; about: Chat }) {
  const settings = settingsOf(about);
  const projection = useProjection(chat).value.value;
  const tools: Tab = {
    id: 'tools',
    label: 'Tools',
    content: (
      <>
        <ToolsSection enabled={settings.enabledTools ?? null} />
        <AgentSettings settings={settings} chosenModel={projection?.modelId ?? null} />
      </>
    ),
  };
  const document: Tab = { id: 'document', label: 'Document', content: <DocumentPanel chat={chat} /> };
  const plan: Tab[] = hasPlan(projection)
    ? [{ id: 'plan', label: 'Plan', content: <PlanTab projection={projection} /> }]
    : [];
  return <Tabs label="About this agent" tabs={[tools, ...(about.documentId ? [document] : []), ...plan]} />;
}
