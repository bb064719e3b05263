import type { Signal } from '@preact/signals';
import type { Chat } from '../../client/src/index.js';
import { patch } from './fields.js';

/** How replies are requested, as a form has it: empty is the model's default. `stop`: a text a line. */
export type SamplerForm = {
  temperature: string;
  topP: string;
  maxTokens: string;
  presencePenalty: string;
  frequencyPenalty: string;
  stop: string;
};

export const noSamplers: SamplerForm = {
  temperature: '',
  topP: '',
  maxTokens: '',
  presencePenalty: '',
  frequencyPenalty: '',
  stop: '',
};

const shown = (value: number | undefined): string => (value === undefined ? '' : String(value));

export const samplersOf = ({ settings }: Chat): SamplerForm => ({
  temperature: shown(settings.temperature),
  topP: shown(settings.topP),
  maxTokens: shown(settings.maxTokens),
  presencePenalty: shown(settings.presencePenalty),
  frequencyPenalty: shown(settings.frequencyPenalty),
  stop: (settings.stop ?? []).join('\n'),
});

const numberOf = (text: string): number | null => (text.trim() === '' ? null : Number(text));

/** All samplers of a form; null for the model's default. */
export function samplerChange(form: SamplerForm) {
  const stop = form.stop.split('\n').filter((line) => line !== '');
  return {
    temperature: numberOf(form.temperature),
    topP: numberOf(form.topP),
    maxTokens: numberOf(form.maxTokens),
    presencePenalty: numberOf(form.presencePenalty),
    frequencyPenalty: numberOf(form.frequencyPenalty),
    stop: stop.length === 0 ? null : stop,
  };
}

type NumberRow = [name: Exclude<keyof SamplerForm, 'stop'>, label: string, min: number, max: number, step: number];

const numbers: NumberRow[] = [
  ['temperature', 'Temperature', 0, 2, 0.05],
  ['topP', 'Top P', 0, 1, 0.01],
  ['maxTokens', 'Longest reply, in tokens', 1, 1_000_000, 1],
  ['presencePenalty', 'Presence penalty', -2, 2, 0.1],
  ['frequencyPenalty', 'Frequency penalty', -2, 2, 0.1],
];

export function SamplerFields<Form extends SamplerForm>({ form }: { form: Signal<Form> }) {
  const set = (name: keyof SamplerForm, value: string) => patch(form, { [name]: value } as Partial<Form>);
  return (
    <>
      <div class="columns samplers">
        {numbers.map(([name, label, min, max, step]) => (
          <label class="field" key={name}>
            {label}
            <input
              type="number"
              min={min}
              max={max}
              step={step}
              placeholder="Default"
              value={form.value[name]}
              onInput={(event) => set(name, event.currentTarget.value)}
            />
          </label>
        ))}
      </div>
      <label class="field">
        <span>
          Texts that end a reply <span class="optional">(up to 4, one a line)</span>
        </span>
        <textarea rows={2} value={form.value.stop} onInput={(event) => set('stop', event.currentTarget.value)} />
      </label>
      <p class="hint">A model that refuses one of these is asked without it.</p>
    </>
  );
}
