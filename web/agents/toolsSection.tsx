import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Tool } from '../../client/src/index.js';
import { loadTools, tools } from '../data/library.js';
import { Section } from '../panel/section.js';
import { messageOf } from '../strings/errors.js';
import { t } from '../strings/strings.js';
import { permissionLabel } from './permissionLabel.js';

/** The tools that the agent of the chat can use, and the others. `enabled`: their names; null for the built-in ones. */
export function ToolsSection({ enabled }: { enabled: readonly string[] | null }) {
  const failure = useSignal<string | null>(null);
  const isLoaded = useSignal(false);
  const load = () =>
    void loadTools().then(
      () => {
        isLoaded.value = true;
        failure.value = null;
      },
      (error: unknown) => {
        failure.value = messageOf(error);
      },
    );
  useEffect(load, []);
  const isEnabled = ({ name, source }: Tool) => (enabled ? enabled.includes(name) : source === 'builtin');
  const enabledTools = tools.value.filter(isEnabled);
  const others = tools.value.filter((tool) => !isEnabled(tool));
  const missing = (enabled ?? []).filter((name) => !tools.value.some((tool) => tool.name === name));
  return (
    <Section title={t().agents.tools}>
      {failure.value ? (
        <p class="failure" role="alert">
          {t().agents.toolsNotRead(failure.value)}{' '}
          <button type="button" class="quiet" onClick={load}>
            {t().common.tryAgain}
          </button>
        </p>
      ) : null}
      {isLoaded.value && enabledTools.length === 0 ? <p class="hint">{t().agents.noTools}</p> : null}
      <ToolList tools={enabledTools} />
      {isLoaded.value && missing.length > 0 ? <p class="hint">{t().agents.missing(missing)}</p> : null}
      {others.length > 0 ? (
        <details>
          <summary>{t().agents.notEnabled(others.length)}</summary>
          <ToolList tools={others} />
        </details>
      ) : null}
    </Section>
  );
}

function ToolList({ tools }: { tools: readonly Tool[] }) {
  if (tools.length === 0) return null;
  return (
    <ul class="tools">
      {tools.map(({ name, description, permissionLevel, needsApproval, source }) => {
        const { label, tone } = permissionLabel(permissionLevel);
        return (
          <li key={name} class="tool">
            <p class="row">
              <code>{name}</code>
              <span class={`tag ${tone}`}>{label}</span>
              {needsApproval ? <span class="tag warn">{t().agents.asksApproval}</span> : null}
            </p>
            <p class="plain">{description}</p>
            <p class="hint">
              {source === 'builtin' ? t().agents.builtIn : t().agents.fromServer(source.replace(/^mcp:/, ''))}
            </p>
          </li>
        );
      })}
    </ul>
  );
}
