import type { Signal } from '@preact/signals';
import type { Chat } from '../../client/src/index.js';
import { type OptionName, optionNames, turnOptions } from '../../domain/turns/turnOptions.js';
import { t } from '../strings/strings.js';
import { patch } from './fields.js';

/** How replies are requested, as a form has it: empty is the model's default. Of several texts each has a line. */
export type SamplerForm = Record<OptionName, string>;

const forAll = <T,>(of: (name: OptionName) => T) =>
  Object.fromEntries(optionNames.map((name) => [name, of(name)])) as Record<OptionName, T>;

export const noSamplers: SamplerForm = forAll(() => '');

export const samplersOf = ({ settings }: Chat): SamplerForm =>
  forAll((name) => {
    const value = settings[name] ?? '';
    return Array.isArray(value) ? value.join('\n') : String(value);
  });

/** All samplers of a form; null for the model's default. */
export const samplerChange = (form: SamplerForm) => forAll((name) => toSetting(name, form[name]));

function toSetting(name: OptionName, written: string): number | string[] | null {
  if (turnOptions[name].kind !== 'texts') return written.trim() === '' ? null : Number(written);
  const lines = written.split('\n').filter((line) => line !== '');
  return lines.length === 0 ? null : lines;
}

export function SamplerFields<Form extends SamplerForm>({ form }: { form: Signal<Form> }) {
  const set = (name: OptionName, value: string) => patch(form, { [name]: value } as Partial<Form>);
  const rows = optionNames.map((name) => ({ name, ...turnOptions[name] }));
  return (
    <>
      <div class="columns samplers">
        {rows.map(
          (row) =>
            row.kind !== 'texts' && (
              <label class="field" key={row.name}>
                {t().agentForm.samplers[row.name]}
                <input
                  type="number"
                  min={row.min}
                  max={row.max}
                  step={row.step}
                  placeholder={t().common.default}
                  value={form.value[row.name]}
                  onInput={(event) => set(row.name, event.currentTarget.value)}
                />
              </label>
            ),
        )}
      </div>
      {rows.map(
        (row) =>
          row.kind === 'texts' && (
            <label class="field" key={row.name}>
              <span>
                {t().agentForm.samplers[row.name]} <span class="optional">{t().agentForm.textsHint(row.most)}</span>
              </span>
              <textarea
                rows={2}
                value={form.value[row.name]}
                onInput={(event) => set(row.name, event.currentTarget.value)}
              />
            </label>
          ),
      )}
    </>
  );
}
