import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useId, useRef } from 'preact/hooks';
import { messageOf } from '../strings/errors.js';
import { t } from '../strings/strings.js';

export const patch = <T,>(fields: Signal<T>, change: Partial<T>): void => {
  fields.value = { ...fields.value, ...change };
};

type TextKey<T> = { [K in keyof T]: T[K] extends string ? K : never }[keyof T];

/** Binds a field to a text of a form: `{...bind(form, 'title')}`. */
export function bind<T, K extends TextKey<T>>(fields: Signal<T>, key: K) {
  return {
    value: fields.value[key] as string,
    onInput: (text: string) => patch(fields, { [key]: text } as unknown as Partial<T>),
  };
}

/** Focuses an element when it is mounted. `autofocus` is for a dialog that opens afterwards. */
export function useInitialFocus(isEnabled: boolean) {
  const ref = useRef<HTMLElement & { autofocus: boolean }>(null);
  useEffect(() => {
    if (!isEnabled || !ref.current) return;
    ref.current.autofocus = true;
    ref.current.focus();
  }, [isEnabled]);
  return ref;
}

type TextFieldProps = {
  label: string;
  value: string;
  onInput(text: string): void;
  hint?: string;
  required?: boolean;
  /** More than one makes it a multi-line field. */
  rows?: number;
  max?: number;
  placeholder?: string;
  /** Whether the field is focused when the form is shown. */
  initialFocus?: boolean;
};

export function TextField({
  label,
  value,
  onInput,
  hint,
  required,
  rows = 1,
  max,
  placeholder,
  initialFocus,
}: TextFieldProps) {
  const ref = useInitialFocus(initialFocus ?? false);
  const hintId = useId();
  const shared = {
    value,
    required: required ?? false,
    ...(max ? { maxLength: max } : {}),
    ...(placeholder ? { placeholder } : {}),
    ...(hint ? { 'aria-describedby': hintId } : {}),
  };
  return (
    <div class="field-block">
      {/* biome-ignore lint/a11y/noLabelWithoutControl: it holds one of the two controls */}
      <label class="field">
        <span>
          {label}
          {required ? null : <span class="optional"> {t().common.optional}</span>}
        </span>
        {rows > 1 ? (
          <textarea
            {...shared}
            ref={ref as { current: HTMLTextAreaElement | null }}
            rows={rows}
            onInput={(event) => onInput(event.currentTarget.value)}
          />
        ) : (
          <input
            {...shared}
            ref={ref as { current: HTMLInputElement | null }}
            type="text"
            autocomplete="off"
            {...(required ? { pattern: '.*\\S.*', title: t().forms.blank } : {})}
            onInput={(event) => onInput(event.currentTarget.value)}
          />
        )}
      </label>
      {hint ? (
        <p class="hint" id={hintId}>
          {hint}
        </p>
      ) : null}
    </div>
  );
}

type SelectFieldProps = {
  label: string;
  value: string;
  onChange(value: string): void;
  options: readonly (readonly [value: string, label: string])[];
  disabled?: boolean;
};

export function SelectField({ label, value, onChange, options, disabled = false }: SelectFieldProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} disabled={disabled} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map(([option, optionLabel]) => (
          <option key={option} value={option} selected={option === value}>
            {optionLabel}
          </option>
        ))}
      </select>
    </label>
  );
}

export type Submission = { busy: boolean; failure: string | null; onSubmit(event: Event): void };

/** Submits a form, one request at a time. The fields keep their values; an error is kept to be shown in the form. */
export function useSubmission(send: () => Promise<unknown>): Submission {
  const busy = useSignal(false);
  const failure = useSignal<string | null>(null);
  return {
    busy: busy.value,
    failure: failure.value,
    onSubmit(event) {
      event.preventDefault();
      if (busy.value) return;
      busy.value = true;
      failure.value = null;
      send()
        .catch((error: unknown) => {
          failure.value = messageOf(error);
        })
        .finally(() => {
          busy.value = false;
        });
    },
  };
}

/** The end of a form: the error of the last submission, and the buttons. Without `onCancel` there is none to cancel. */
export function SubmitRow({ submission, action, onCancel }: SubmitRowProps) {
  const { busy, failure } = submission;
  return (
    <>
      {failure ? (
        <p class="failure" role="alert">
          {failure}
        </p>
      ) : null}
      <div class="row end">
        {onCancel ? (
          <button type="button" class="button" onClick={onCancel}>
            {t().common.cancel}
          </button>
        ) : null}
        <button type="submit" class="button primary" disabled={busy} aria-busy={busy}>
          {action}
        </button>
      </div>
    </>
  );
}

type SubmitRowProps = { submission: Submission; action: string; onCancel?: () => void };
