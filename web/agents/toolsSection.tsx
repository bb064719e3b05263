import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Tool } from '../../client/src/index.js';
import { messageOf } from '../data/api.js';
import { loadTools, tools } from '../data/library.js';
import { Section } from '../panel/section.js';
import { permissionLabel } from './permissionLabel.js';

/** The tools there are: those that the chat's agent is given, and the others. `enabled` null: the built-in ones. */
export function ToolsSection({ enabled }: { enabled: readonly string[] | null }) {
  const failure = useSignal<string | null>(null);
  const read = useSignal(false);
  const load = () =>
    void loadTools().then(
      () => {
        read.value = true;
        failure.value = null;
      },
      (error: unknown) => {
        failure.value = messageOf(error);
      },
    );
  useEffect(load, []);
  const isGiven = ({ name, source }: Tool) => (enabled ? enabled.includes(name) : source === 'builtin');
  const given = tools.value.filter(isGiven);
  const others = tools.value.filter((tool) => !isGiven(tool));
  const gone = (enabled ?? []).filter((name) => !tools.value.some((tool) => tool.name === name));
  return (
    <Section title="Tools">
      {failure.value ? (
        <p class="failure" role="alert">
          Tools can’t be shown. {failure.value}{' '}
          <button type="button" class="quiet" onClick={load}>
            Try again
          </button>
        </p>
      ) : null}
      {read.value && given.length === 0 ? <p class="hint">This agent has no tools: it can only talk.</p> : null}
      <ToolList tools={given} />
      {read.value && gone.length > 0 ? <p class="hint">No longer there: {gone.join(', ')}</p> : null}
      {others.length > 0 ? (
        <details>
          <summary>{others.length === 1 ? 'One tool' : `${others.length} tools`} it does not have</summary>
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
        const { words, sign } = permissionLabel(permissionLevel);
        return (
          <li key={name} class="tool">
            <p class="row">
              <code>{name}</code>
              <span class={`tag ${sign}`}>{words}</span>
              {needsApproval ? <span class="tag warn">asks first</span> : null}
            </p>
            <p class="plain">{description}</p>
            <p class="hint">{source === 'builtin' ? 'Built in' : `From ${source.replace(/^mcp:/, '')}`}</p>
          </li>
        );
      })}
    </ul>
  );
}
