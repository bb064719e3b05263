import { useSignal } from '@preact/signals';
import { TextField } from '../dialogs/fields.js';
import { t } from '../strings/strings.js';

type DecisionRowProps = {
  /** The name of the suggestion, for the buttons' accessible names. */
  name: string;
  onAccept?: (() => Promise<unknown>) | undefined;
  onDecline?: ((comment?: string) => Promise<unknown>) | undefined;
};

/** The buttons to accept a suggestion, or to decline it with a reason. */
export function DecisionRow({ name, onAccept, onDecline }: DecisionRowProps) {
  const isSending = useSignal(false);
  const isDeclining = useSignal(false);
  const comment = useSignal('');
  const run = async (work: () => Promise<unknown>) => {
    isSending.value = true;
    await work();
    isSending.value = false;
  };
  if (isDeclining.value && onDecline) {
    return (
      <form
        class="form declining"
        onSubmit={(event) => {
          event.preventDefault();
          void run(() => onDecline(comment.peek().trim() || undefined));
        }}
      >
        <TextField
          label={t().documents.reason}
          initialFocus
          rows={2}
          max={10_000}
          value={comment.value}
          onInput={(text) => (comment.value = text)}
          hint={t().documents.reasonHint}
        />
        <div class="row">
          <button type="submit" class="button danger" disabled={isSending.value}>
            {t().common.decline}
          </button>
          <button type="button" class="button" onClick={() => (isDeclining.value = false)}>
            {t().common.cancel}
          </button>
        </div>
      </form>
    );
  }
  return (
    <div class="row">
      {onAccept ? (
        <button
          type="button"
          class="button primary"
          aria-label={t().common.about(t().common.accept, name)}
          disabled={isSending.value}
          onClick={() => void run(onAccept)}
        >
          {t().common.accept}
        </button>
      ) : null}
      {onDecline ? (
        <button
          type="button"
          class="button"
          aria-label={t().common.about(t().common.decline, name)}
          disabled={isSending.value}
          onClick={() => (isDeclining.value = true)}
        >
          {t().common.decline}
        </button>
      ) : null}
    </div>
  );
}
