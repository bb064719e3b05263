import type { Signal } from '@preact/signals';
import type { Chat } from '../../client/src/index.js';
import { patch } from './fields.js';

type NumberName = 'temperature' | 'topP' | 'maxTokens' | 'presencePenalty' | 'frequencyPenalty';

/** How replies are requested, as a form has it: empty is the model's default. `stop`: a text a line. */
export type SamplerForm = Record<NumberName | 'stop', string>;

const numbers: [name: NumberName, label: string, min: number, max: number, step: number][] = [
  ['temperature', 'Temperature', 0, 2, 0.05],
  ['topP', 'Top P', 0, 1, 0.01],
  ['maxTokens', 'Longest reply, in tokens', 1, 1_000_000, 1],
  ['presencePenalty', 'Presence penalty', -2, 2, 0.1],
  ['frequencyPenalty', 'Frequency penalty', -2, 2, 0.1],
];

const forNumbers = <T,>(of: (name: NumberName) => T) =>
  Object.fromEntries(numbers.map(([name]) => [name, of(name)])) as Record<NumberName, T>;

export const noSamplers: SamplerForm = { ...forNumbers(() => ''), stop: '' };

export const samplersOf = ({ settings }: Chat): SamplerForm => ({
  ...forNumbers((name) => String(settings[name] ?? '')),
  stop: (settings.stop ?? []).join('\n'),
});

/** All samplers of a form; null for the model's default. */
export function samplerChange(form: SamplerForm) {
  const stop = form.stop.split('\n').filter((line) => line !== '');
  return {
    ...forNumbers((name) => (form[name].trim() === '' ? null : Number(form[name]))),
    stop: stop.length === 0 ? null : stop,
  };
}

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
    </>
  );
}
