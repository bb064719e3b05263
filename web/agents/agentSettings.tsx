import { useState } from 'preact/hooks';
import type { Chat } from '../../client/src/index.js';
import { AgentSettingsDialog } from '../dialogs/agentSettingsDialog.js';
import { Facts, Section } from '../panel/section.js';

/** The settings of an assistant, and the button that changes them. */
export function AgentSettings({ about, chosenModel }: { about: Chat; chosenModel: string | null }) {
  const [isChanging, setChanging] = useState(false);
  const { systemPrompt, model, thinkingEnabled, maxIterations, temperature, providerId } = about.settings;
  return (
    <Section
      title="Settings"
      action={
        <button type="button" class="quiet" onClick={() => setChanging(true)}>
          Change
        </button>
      }
    >
      {isChanging ? <AgentSettingsDialog chat={about} onClose={() => setChanging(false)} /> : null}
      <Facts
        facts={[
          ['Model', chosenModel ?? model ?? 'default'],
          ['Provider', providerId ? 'custom' : 'default'],
          ['Thinking', thinkingEnabled ? 'on' : 'off'],
          ['Step limit', maxIterations ?? 20],
          ['Temperature', temperature ?? null],
        ]}
      />
      {systemPrompt?.trim() ? (
        <details>
          <summary>Instructions</summary>
          <p class="plain persona">{systemPrompt}</p>
        </details>
      ) : (
        <p class="hint">This assistant has no instructions.</p>
      )}
    </Section>
  );
}
