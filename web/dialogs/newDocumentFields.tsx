import { signal } from '@preact/signals';
import { createDocument, documents } from '../data/library.js';
import { service } from '../data/service.js';
import { t } from '../strings/strings.js';
import { bind, patch, SelectField, TextField } from './fields.js';

const empty = { id: '', title: '', body: '', quote: '' };
const form = signal(empty);

export function resetDocumentForm(): void {
  form.value = empty;
}

/** Newest first. */
const listed = () => documents.value.toReversed();
/** The chosen document; by default the newest, or `new` where there is none. */
const documentId = () => form.value.id || (listed()[0]?.id ?? 'new');

export function DocumentFields() {
  const id = documentId();
  return (
    <fieldset class="group">
      <legend class="hidden">{t().common.document}</legend>
      <SelectField
        label={t().common.document}
        value={id}
        onChange={(chosen) => patch(form, { id: chosen })}
        options={[
          ...listed().map((document) => [document.id, document.title || t().common.untitled] as const),
          ['new', t().newChat.newDocument],
        ]}
      />
      {id === 'new' ? (
        <>
          <TextField label={t().newChat.documentTitle} required max={500} {...bind(form, 'title')} />
          <TextField label={t().common.text} rows={10} {...bind(form, 'body')} />
        </>
      ) : (
        <TextField label={t().newChat.passage} rows={2} {...bind(form, 'quote')} hint={t().newChat.passageHint} />
      )}
    </fieldset>
  );
}

export async function documentRequestBody(): Promise<object> {
  const id = documentId();
  const { title, body, quote } = form.peek();
  if (id === 'new') {
    const created = await createDocument({ title, body });
    // Select the new document: when the chat is refused, submitting again must not create another one.
    form.value = { ...empty, id: created.id };
    return { documentId: created.id };
  }
  if (quote.trim() === '') return { documentId: id };
  const { body: text } = await service.getDocument(id);
  if (!text.includes(quote)) throw new Error(t().newChat.noPassage);
  return { documentId: id, anchor: { quote } };
}
