import type { Chat } from '../../client/src/index.js';
import type { OpenChat } from '../data/stream/openChat.js';
import { DocumentPanel } from '../documents/documentPanel.js';
import { type Tab, Tabs } from '../panel/tabs.js';
import { t } from '../strings/strings.js';
import { AgentSettings } from './agentSettings.js';
import { PlanTab } from './planTab.js';
import { hasPlan, useProjection } from './projection.js';
import { ToolsSection } from './toolsSection.js';

/** The tools and settings of an agent, its document and its plan. */
export function AgentPanel({ chat, about }: { chat: OpenChat; about: Chat }) {
  const settings = about.settings;
  const projection = useProjection(chat).value.value;
  const tools: Tab = {
    id: 'tools',
    label: t().agents.tools,
    content: (
      <>
        <ToolsSection enabled={settings.enabledTools ?? null} />
        <AgentSettings about={about} chosenModel={projection?.modelId ?? null} />
      </>
    ),
  };
  const document: Tab = { id: 'document', label: t().common.document, content: <DocumentPanel chat={chat} /> };
  const plan: Tab[] = hasPlan(projection)
    ? [{ id: 'plan', label: t().agents.plan, content: <PlanTab projection={projection} /> }]
    : [];
  return <Tabs label={t().chat.panel} tabs={[tools, ...(about.documentId ? [document] : []), ...plan]} />;
}
