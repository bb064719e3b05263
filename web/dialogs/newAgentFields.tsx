import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Provider, Tool } from '../../client/src/index.js';
import { permissionLabel } from '../agents/permissionLabel.js';
import { documents, tools } from '../data/library.js';
import { tryOrNotify } from '../data/notices.js';
import { service } from '../data/service.js';
import { bind, patch, SelectField, TextField } from './fields.js';

type Form = {
  systemPrompt: string;
  /** Null: the built-in tools. */
  tools: readonly string[] | null;
  thinking: boolean;
  iterations: string;
  model: string;
  providerId: string;
  documentId: string;
};

const empty: Form = {
  systemPrompt: '',
  tools: null,
  thinking: false,
  iterations: '',
  model: '',
  providerId: '',
  documentId: '',
};
const form = signal(empty);
const providers = signal<readonly Provider[]>([]);

export function resetAgentForm(): void {
  form.value = empty;
}

const enabledTools = () =>
  form.value.tools ?? tools.value.filter(({ source }) => source === 'builtin').map(({ name }) => name);

export function AgentFields() {
  useEffect(
    () =>
      void tryOrNotify(async () => {
        providers.value = await service.listProviders();
      }),
    [],
  );
  const provider = providers.value.find(({ id }) => id === form.value.providerId);
  return (
    <>
      <TextField
        label="Instructions"
        rows={4}
        {...bind(form, 'systemPrompt')}
        placeholder="You help with…"
        hint="What the agent should do, and how."
      />
      <ToolCheckboxes />
      <div class="columns">
        {providers.value.length > 0 ? (
          <SelectField
            label="Provider"
            value={form.value.providerId}
            onChange={(providerId) => patch(form, { providerId })}
            options={[['', 'Default'] as const, ...providers.value.map(({ id, name }) => [id, name] as const)]}
          />
        ) : null}
        <TextField label="Model" max={200} {...bind(form, 'model')} placeholder={provider?.defaultModel ?? 'Default'} />
        <StepLimitField />
        <SelectField
          label="Document"
          value={form.value.documentId}
          onChange={(documentId) => patch(form, { documentId })}
          options={[
            ['', 'None'] as const,
            ...documents.value.map(({ id, title }) => [id, title || 'Untitled'] as const),
          ]}
        />
      </div>
      <label class="check">
        <input
          type="checkbox"
          checked={form.value.thinking}
          onChange={(event) => patch(form, { thinking: event.currentTarget.checked })}
        />
        <span>Show the model’s thinking</span>
      </label>
    </>
  );
}

function ToolCheckboxes() {
  if (tools.value.length === 0) return <p class="hint">No tools could be loaded. The agent gets the built-in tools.</p>;
  return (
    <fieldset class="group">
      <legend>Tools</legend>
      <div class="tool-boxes">
        {tools.value.map((tool) => (
          <ToolCheckbox key={tool.name} tool={tool} />
        ))}
      </div>
    </fieldset>
  );
}

function ToolCheckbox({ tool: { name, description, permissionLevel, needsApproval } }: { tool: Tool }) {
  const toggle = (on: boolean) => {
    const others = enabledTools().filter((other) => other !== name);
    patch(form, { tools: on ? [...others, name] : others });
  };
  const { label, tone } = permissionLabel(permissionLevel);
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={enabledTools().includes(name)}
        onChange={(event) => toggle(event.currentTarget.checked)}
      />
      <span>
        <span class="row">
          <strong>{name}</strong>
          <span class={`tag ${tone}`}>{label}</span>
          {needsApproval ? <span class="tag warn">asks for approval</span> : null}
        </span>
        <span class="hint">{description}</span>
      </span>
    </label>
  );
}

function StepLimitField() {
  return (
    <label class="field">
      <span>
        Step limit <span class="optional">(optional)</span>
      </span>
      <input
        type="number"
        min={1}
        max={20}
        step={1}
        placeholder="20"
        value={form.value.iterations}
        onInput={(event) => patch(form, { iterations: event.currentTarget.value })}
      />
    </label>
  );
}

export async function agentRequestBody(): Promise<object> {
  const { systemPrompt, tools: chosen, thinking, iterations, model, providerId, documentId } = form.peek();
  return {
    ...(systemPrompt.trim() === '' ? {} : { systemPrompt }),
    ...(chosen === null ? {} : { enabledTools: chosen }),
    ...(thinking ? { thinkingEnabled: true } : {}),
    ...(iterations === '' ? {} : { maxIterations: Number(iterations) }),
    ...(model.trim() === '' ? {} : { model: model.trim() }),
    ...(providerId === '' ? {} : { providerId }),
    ...(documentId === '' ? {} : { documentId }),
  };
}
