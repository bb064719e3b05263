import { signal } from '@preact/signals';
import { createDocument, documents } from '../data/library.js';
import { service } from '../data/service.js';
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
      <legend class="hidden">Document</legend>
      <SelectField
        label="Document"
        value={id}
        onChange={(chosen) => patch(form, { id: chosen })}
        options={[
          ...listed().map((document) => [document.id, document.title || 'Untitled'] as const),
          ['new', 'New document…'],
        ]}
      />
      {id === 'new' ? (
        <>
          <TextField label="Document title" required max={500} {...bind(form, 'title')} />
          <TextField label="Text" rows={10} {...bind(form, 'body')} />
        </>
      ) : (
        <TextField
          label="Passage"
          rows={2}
          {...bind(form, 'quote')}
          hint="To discuss only a part of the document, paste that part exactly as it is in the text."
        />
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
  if (!text.includes(quote))
    throw new Error('This passage is not in the document. Paste it exactly as it is in the text.');
  return { documentId: id, anchor: { quote } };
}
