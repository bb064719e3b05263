import { Dialog } from '../parts/dialog.js';
import { SubmitRow, useSubmission } from './fields.js';

type ConfirmDialogProps = {
  title: string;
  /** What will happen. */
  message: string;
  /** The label of the button that confirms. */
  action: string;
  danger?: boolean;
  /** The dialog closes when this succeeds, else it shows the error. */
  onConfirm(): Promise<unknown>;
  onClose(): void;
};

export function ConfirmDialog({ title, message, action, danger = false, onConfirm, onClose }: ConfirmDialogProps) {
  const submission = useSubmission(async () => {
    await onConfirm();
    onClose();
  });
  return (
    <Dialog title={title} onClose={onClose}>
      <form class={danger ? 'form confirm danger' : 'form confirm'} onSubmit={submission.onSubmit}>
        <p class="plain">{message}</p>
        <SubmitRow submission={submission} action={action} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
