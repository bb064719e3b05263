import { Dialog } from '../parts/dialog.js';
import { SubmitRow, useSubmission } from './fields.js';

type ConfirmDialogProps = {
  title: string;
  /** What will happen. */
  words: string;
  /** What its button says. */
  action: string;
  danger?: boolean;
  /** It closes when this went well; else it says why not. */
  onConfirm(): Promise<unknown>;
  onClose(): void;
};

export function ConfirmDialog({ title, words, action, danger = false, onConfirm, onClose }: ConfirmDialogProps) {
  const submission = useSubmission(async () => {
    await onConfirm();
    onClose();
  });
  return (
    <Dialog title={title} onClose={onClose}>
      <form class={danger ? 'form confirm danger' : 'form confirm'} onSubmit={submission.onSubmit}>
        <p class="plain">{words}</p>
        <SubmitRow submission={submission} action={action}>
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
        </SubmitRow>
      </form>
    </Dialog>
  );
}
