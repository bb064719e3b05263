import { type Signal, signal, useSignal } from '@preact/signals';
import { useEffect, useId } from 'preact/hooks';
import type { Chat, Model, Tool } from '../../client/src/index.js';
import { permissionLabel } from '../agents/permissionLabel.js';
import { documents, loadTools, tools } from '../data/library.js';
import { tryOrNotify } from '../data/notices.js';
import { service } from '../data/service.js';
import { t } from '../strings/strings.js';
import { bind, patch, SelectField, TextField } from './fields.js';
import { noSamplers, SamplerFields, type SamplerForm, samplerChange, samplersOf } from './samplerFields.js';

/** The settings of an assistant as a form has them. */
export type AgentForm = SamplerForm & {
  systemPrompt: string;
  /** Names of tools; null: the built-in ones. */
  tools: readonly string[] | null;
  thinking: boolean;
  iterations: string;
  model: string;
  providerId: string;
  documentId: string;
};

const empty: AgentForm = {
  ...noSamplers,
  systemPrompt: '',
  tools: [],
  thinking: false,
  iterations: '',
  model: '',
  providerId: '',
  documentId: '',
};

/** A form with the settings of a chat. */
export const formOf = (chat: Chat): AgentForm => ({
  ...empty,
  ...samplersOf(chat),
  systemPrompt: chat.settings.systemPrompt ?? '',
  tools: chat.settings.enabledTools ?? null,
  thinking: chat.settings.thinkingEnabled ?? false,
  iterations: chat.settings.maxIterations === undefined ? '' : String(chat.settings.maxIterations),
  model: chat.settings.model ?? '',
  providerId: chat.settings.providerId ?? '',
});

const enabledTools = ({ tools: chosen }: AgentForm) =>
  chosen ?? tools.value.filter(({ source }) => source === 'builtin').map(({ name }) => name);

/** What the dialog for a new chat has of an assistant, which has no tools, or of an agent, which has the built-in ones. */
export function newAgentRow(tools: AgentForm['tools']) {
  // Kept while the dialog is closed.
  const form = signal<AgentForm>({ ...empty, tools });
  return {
    Fields: () => <NewAgentFields form={form} />,
    requestBody: async () => requestBody(form.peek()),
    resetForm() {
      form.value = { ...empty, tools };
    },
  };
}

const NewAgentFields = ({ form }: { form: Signal<AgentForm> }) => (
  <>
    <AgentFields form={form} />
    <SelectField
      label={t().common.document}
      value={form.value.documentId}
      onChange={(documentId) => patch(form, { documentId })}
      options={[
        ['', t().common.none] as const,
        ...documents.value.map(({ id, title }) => [id, title || t().common.untitled] as const),
      ]}
    />
  </>
);

export function AgentFields({ form }: { form: Signal<AgentForm> }) {
  const models = useSignal<readonly Model[]>([]);
  useEffect(
    () =>
      void tryOrNotify(async () => {
        await Promise.all([
          loadTools(),
          service.listModels().then((read) => {
            models.value = read;
          }),
        ]);
      }),
    [],
  );
  return (
    <>
      <TextField
        label={t().agents.instructions}
        rows={4}
        {...bind(form, 'systemPrompt')}
        placeholder={t().agentForm.instructionsExample}
        hint={t().agentForm.instructionsHint}
      />
      <ModelFields form={form} models={models.value} />
      <ToolFields form={form} />
      <details class="group">
        <summary>{t().agentForm.sampling}</summary>
        <SamplerFields form={form} />
      </details>
    </>
  );
}

/** The provider, if there are several, and the model: one of its list, or any other name. */
function ModelFields({ form, models }: { form: Signal<AgentForm>; models: readonly Model[] }) {
  const listId = useId();
  const { providerId, model } = form.value;
  const providers = new Map(models.flatMap(({ providerId: id, name }) => (id ? [[id, name ?? id] as const] : [])));
  const own = models.filter((each) => (each.providerId ?? '') === providerId);
  return (
    <div class="columns">
      {providers.size > 0 || providerId !== '' ? (
        <SelectField
          label={t().agents.provider}
          value={providerId}
          onChange={(chosen) => patch(form, { providerId: chosen, model: '' })}
          options={[['', t().common.default], ...providers]}
        />
      ) : null}
      <label class="field">
        <span>
          {t().agents.model} <span class="optional">{t().common.optional}</span>
        </span>
        <input
          type="text"
          autocomplete="off"
          maxLength={200}
          list={listId}
          value={model}
          placeholder={own.find(({ isDefault }) => isDefault)?.id ?? t().common.default}
          onInput={(event) => patch(form, { model: event.currentTarget.value })}
        />
        <datalist id={listId}>
          {own.map(({ id }) => (
            <option key={id} value={id} />
          ))}
        </datalist>
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={form.value.thinking}
          onChange={(event) => patch(form, { thinking: event.currentTarget.checked })}
        />
        <span>{t().agentForm.showThinking}</span>
      </label>
    </div>
  );
}

function ToolFields({ form }: { form: Signal<AgentForm> }) {
  const on = enabledTools(form.value).length;
  return (
    <details class="group">
      <summary>{t().agentForm.tools(on)}</summary>
      {tools.value.length === 0 ? <p class="hint">{t().agentForm.noTools}</p> : null}
      <div class="tool-boxes">
        {tools.value.map((tool) => (
          <ToolCheckbox key={tool.name} tool={tool} form={form} />
        ))}
      </div>
      <StepLimitField form={form} />
    </details>
  );
}

function ToolCheckbox({
  tool: { name, description, permissionLevel, needsApproval },
  form,
}: {
  tool: Tool;
  form: Signal<AgentForm>;
}) {
  const toggle = (on: boolean) => {
    const others = enabledTools(form.value).filter((other) => other !== name);
    patch(form, { tools: on ? [...others, name] : others });
  };
  const { label, tone } = permissionLabel(permissionLevel);
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={enabledTools(form.value).includes(name)}
        onChange={(event) => toggle(event.currentTarget.checked)}
      />
      <span>
        <span class="row">
          <strong>{name}</strong>
          <span class={`tag ${tone}`}>{label}</span>
          {needsApproval ? <span class="tag warn">{t().agents.asksApproval}</span> : null}
        </span>
        <span class="hint">{description}</span>
      </span>
    </label>
  );
}

function StepLimitField({ form }: { form: Signal<AgentForm> }) {
  return (
    <label class="field">
      <span>
        {t().agents.stepLimit} <span class="optional">{t().common.optional}</span>
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

/** The body of the request that creates the chat. */
function requestBody({ documentId, ...form }: AgentForm): object {
  const settings = Object.entries(settingsChange(form)).filter(([, value]) => value !== null);
  return { ...Object.fromEntries(settings), ...(documentId === '' ? {} : { documentId }) };
}

/** All settings of a form; null for the server's default. */
export const settingsChange = (form: Omit<AgentForm, 'documentId'>) => ({
  ...samplerChange(form),
  systemPrompt: form.systemPrompt.trim() === '' ? null : form.systemPrompt,
  enabledTools: form.tools === null ? null : [...form.tools],
  thinkingEnabled: form.thinking ? true : null,
  maxIterations: form.iterations === '' ? null : Number(form.iterations),
  model: form.model.trim() === '' ? null : form.model.trim(),
  providerId: form.providerId === '' ? null : form.providerId,
});
