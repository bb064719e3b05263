import { signal } from '@preact/signals';
import type { Document } from '../../client/src/index.js';
import { get } from '../data/api.js';
import { createDocument, documents } from '../data/library.js';
import { bind, patch, SelectField, TextField } from './fields.js';

const empty = { id: '', title: '', body: '', quote: '' };
const form = signal(empty);

export function resetDocumentForm(): void {
  form.value = empty;
}

/** Newest first; where none was chosen yet, the newest, or a new one. */
const listed = () => documents.value.toReversed();
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
          ['new', 'A new document…'],
        ]}
      />
      {id === 'new' ? (
        <>
          <TextField label="Title of the document" required max={500} {...bind(form, 'title')} />
          <TextField label="Text" rows={10} {...bind(form, 'body')} />
        </>
      ) : (
        <TextField
          label="Passage"
          rows={2}
          {...bind(form, 'quote')}
          hint="To talk about a part only: paste it as it stands in the text."
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
    // The document is made once, also when the chat is then refused and asked for again.
    form.value = { ...empty, id: created.id };
    return { documentId: created.id };
  }
  if (quote.trim() === '') return { documentId: id };
  const { body: text } = await get<Document>(`/v1/documents/${id}`);
  if (!text.includes(quote)) throw new Error('The passage does not stand in the text like that.');
  return { documentId: id, anchor: { quote } };
}
