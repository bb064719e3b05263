import { useSignal } from '@preact/signals';
import { TextField } from '../dialogs/fields.js';

type DecisionRowProps = {
  /** What it is about, for those who hear the buttons on their own. */
  name: string;
  onAccept?: (() => Promise<unknown>) | undefined;
  onDecline?: ((comment?: string) => Promise<unknown>) | undefined;
};

/** Accept, or decline with a word on why. */
export function DecisionRow({ name, onAccept, onDecline }: DecisionRowProps) {
  const busy = useSignal(false);
  const declining = useSignal(false);
  const comment = useSignal('');
  const run = async (work: () => Promise<unknown>) => {
    busy.value = true;
    await work();
    busy.value = false;
  };
  if (declining.value && onDecline) {
    return (
      <form
        class="form declining"
        onSubmit={(event) => {
          event.preventDefault();
          void run(() => onDecline(comment.peek().trim() || undefined));
        }}
      >
        <TextField
          label="Why not?"
          first
          rows={2}
          max={10_000}
          value={comment.value}
          onInput={(text) => (comment.value = text)}
          hint="It stays in the chat, for people."
        />
        <div class="row">
          <button type="submit" class="button danger" disabled={busy.value}>
            Decline
          </button>
          <button type="button" class="button" onClick={() => (declining.value = false)}>
            Back
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
          aria-label={`Accept: ${name}`}
          disabled={busy.value}
          onClick={() => void run(onAccept)}
        >
          Accept
        </button>
      ) : null}
      {onDecline ? (
        <button
          type="button"
          class="button"
          aria-label={`Decline: ${name}`}
          disabled={busy.value}
          onClick={() => (declining.value = true)}
        >
          Decline
        </button>
      ) : null}
    </div>
  );
}
