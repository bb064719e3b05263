import type { Chat } from '../../client/src/index.js';
import { Facts, Section } from '../panel/section.js';

/** The settings that the chat was created with. They can't be changed. */
export function AgentSettings({ settings, chosenModel }: { settings: Chat['settings']; chosenModel: string | null }) {
  const { systemPrompt, model, thinkingEnabled, maxIterations, temperature, providerId } = settings;
  return (
    <Section title="Settings">
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
        <p class="hint">This agent has no instructions.</p>
      )}
    </Section>
  );
}
