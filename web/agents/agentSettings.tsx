import type { ChatSettings } from '../data/chatSettings.js';
import { Facts, Section } from '../panel/section.js';

/** What the chat was created with. It stays so. */
export function AgentSettings({ settings, chosenModel }: { settings: ChatSettings; chosenModel: string | null }) {
  const { systemPrompt, model, thinkingEnabled, maxIterations, temperature, providerId } = settings;
  return (
    <Section title="Settings">
      <Facts
        facts={[
          ['Model', chosenModel ?? model ?? (providerId ? 'the provider’s' : 'the service’s')],
          ['Provider', providerId ? 'of this chat' : null],
          ['Thinking', thinkingEnabled ? 'asked for' : 'not asked for'],
          ['Most rounds', maxIterations ?? 20],
          ['Temperature', temperature ?? null],
        ]}
      />
      {systemPrompt?.trim() ? (
        <details>
          <summary>Instructions</summary>
          <p class="plain persona">{systemPrompt}</p>
        </details>
      ) : (
        <p class="hint">It has no instructions of its own.</p>
      )}
    </Section>
  );
}
