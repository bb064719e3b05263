import { useState } from 'preact/hooks';
import type { Chat } from '../../client/src/index.js';
import { AgentSettingsDialog } from '../dialogs/lazyDialogs.js';
import { Facts, Section } from '../panel/section.js';
import { t } from '../strings/strings.js';

/** The settings of an assistant, and the button that changes them. */
export function AgentSettings({ about, chosenModel }: { about: Chat; chosenModel: string | null }) {
  const [isChanging, setChanging] = useState(false);
  const { systemPrompt, model, thinkingEnabled, maxIterations, temperature, providerId } = about.settings;
  return (
    <Section
      title={t().common.settings}
      action={
        <button type="button" class="quiet" onClick={() => setChanging(true)}>
          {t().common.change}
        </button>
      }
    >
      {isChanging ? <AgentSettingsDialog chat={about} onClose={() => setChanging(false)} /> : null}
      <Facts
        facts={[
          [t().agents.model, chosenModel ?? model ?? t().agents.defaultValue],
          [t().agents.provider, providerId ? t().agents.custom : t().agents.defaultValue],
          [t().agents.thinking, thinkingEnabled ? t().agents.on : t().agents.off],
          [t().agents.stepLimit, maxIterations ?? 20],
          [t().agents.temperature, temperature === undefined ? null : t().formats.number(temperature)],
        ]}
      />
      {systemPrompt?.trim() ? (
        <details>
          <summary>{t().agents.instructions}</summary>
          <p class="plain persona">{systemPrompt}</p>
        </details>
      ) : (
        <p class="hint">{t().agents.noInstructions}</p>
      )}
    </Section>
  );
}
