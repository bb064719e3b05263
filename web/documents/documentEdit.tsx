import { type Signal, signal } from '@preact/signals';
import type { Document } from '../../client/src/index.js';
import { ApiError } from '../../client/src/index.js';
import { service } from '../data/service.js';
import type { OpenChat } from '../data/stream/openChat.js';
import { bind, patch, SubmitRow, TextField, useSubmission } from '../dialogs/fields.js';
import { t } from '../strings/strings.js';

/** An edit by the user, based on a version. `newer`: the version that others saved meanwhile. */
type Edit = { title: string; body: string; version: number; newer: Document | null };

const edits = new WeakMap<OpenChat, Signal<Edit | null>>();

/** The unsaved edit of a chat's document. It is kept while the panel is closed. */
export function editOf(chat: OpenChat): Signal<Edit | null> {
  const edit = edits.get(chat) ?? signal<Edit | null>(null);
  edits.set(chat, edit);
  return edit;
}

export const beginEdit = ({ title, body, version }: Document): Edit => ({ title, body, version, newer: null });

type DocumentEditProps = { documentId: string; edit: Signal<Edit | null>; onSaved(): void };

export function DocumentEdit({ documentId, edit, onSaved }: DocumentEditProps) {
  const submission = useSubmission(async () => {
    const now = edit.peek();
    if (!now) return;
    // The user has seen the newer version, and chooses to overwrite it.
    const version = now.newer?.version ?? now.version;
    try {
      await service.updateDocument(documentId, version, { title: now.title, body: now.body });
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'version_mismatch') throw error;
      patch(edit as Signal<Edit>, { newer: await service.getDocument(documentId) });
      return;
    }
    edit.value = null;
    onSaved();
  });
  if (!edit.value) return null;
  const fields = edit as Signal<Edit>;
  const { newer } = fields.value;
  return (
    <form class="form document-edit" onSubmit={submission.onSubmit}>
      <TextField label={t().common.title} required max={500} {...bind(fields, 'title')} />
      <TextField label={t().common.text} initialFocus rows={18} {...bind(fields, 'body')} />
      {newer ? <NewerVersion newer={newer} onDiscard={() => (edit.value = beginEdit(newer))} /> : null}
      <SubmitRow
        submission={submission}
        action={newer ? t().documents.overwrite : t().common.save}
        onCancel={() => (edit.value = null)}
      />
    </form>
  );
}

function NewerVersion({ newer, onDiscard }: { newer: Document; onDiscard(): void }) {
  return (
    <div class="question" role="alert">
      <p>{t().documents.changedMeanwhile}</p>
      <details>
        <summary>{t().documents.showNewer}</summary>
        <p class="newer-title">{newer.title}</p>
        <div class="plain newer-text">{newer.body}</div>
        <button type="button" class="button" onClick={onDiscard}>
          {t().documents.takeNewer}
        </button>
      </details>
    </div>
  );
}
