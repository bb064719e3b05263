import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { Chat } from '../../client/src/index.js';
import { Speaker } from '../chat/messages/speaker.js';
import { characters, deleteCharacter, putCharacter, useCharacter } from '../data/characters.js';
import { notify, tryOrNotify } from '../data/notices.js';
import { type ListedCharacter, service } from '../data/service.js';
import { CharacterDialog } from '../dialogs/characterDialog.js';
import { ConfirmDialog } from '../dialogs/confirmDialog.js';
import { Dialog } from '../parts/dialog.js';
import { messageOf } from '../strings/errors.js';
import { t } from '../strings/strings.js';
import { download, readCard, sendAvatar, sendCard } from './files.js';

/** Most cards that are imported at once. */
const maxFiles = 50;

type LibraryDialogProps = { onClose(): void; onChat(chat: Chat): void };

/** The owner's characters: create, edit, delete, import and export them, and begin chats with them. */
export function LibraryDialog({ onClose, onChat }: LibraryDialogProps) {
  const editing = useSignal<'new' | string | null>(null);
  const deleting = useSignal<ListedCharacter | null>(null);
  const all = characters.value;
  return (
    <>
      <Dialog title={t().library.title} wide onClose={onClose}>
        <CardDrop>
          <div class="row">
            <button type="button" class="button primary" onClick={() => (editing.value = 'new')}>
              {t().forms.newCharacter}
            </button>
            <FileButton
              label={t().library.importCards}
              accept=".json,.png,application/json,image/png"
              multiple
              onFiles={importCards}
            />
          </div>
          <p class="hint">{t().library.drop}</p>
          {all.length === 0 ? <p class="empty">{t().library.empty}</p> : null}
          <ul class="library" aria-label={t().library.title}>
            {all.map((character) => (
              <li key={character.id}>
                <CharacterRow
                  character={character}
                  onChat={onChat}
                  onEdit={() => (editing.value = character.id)}
                  onDelete={() => (deleting.value = character)}
                />
              </li>
            ))}
          </ul>
        </CardDrop>
      </Dialog>
      {editing.value !== null ? <Editor id={editing.value} onClose={() => (editing.value = null)} /> : null}
      {deleting.value ? <Deletion character={deleting.value} onClose={() => (deleting.value = null)} /> : null}
    </>
  );
}

/** Imports cards one after another, and says which could not be imported. */
async function importCards(files: readonly File[]): Promise<void> {
  if (files.length > maxFiles) notify(t().library.onlyFirst(maxFiles), true);
  for (const file of files.slice(0, maxFiles)) {
    try {
      const { warnings = [], ...imported } = await sendCard(file);
      putCharacter(imported);
      notify(t().library.imported(imported.name));
      if (warnings.length > 0) notify(t().library.unusedKeywords(warnings.length), true);
    } catch (error) {
      notify(t().library.notImported(file.name, messageOf(error)), true);
    }
  }
}

type RowProps = { character: ListedCharacter; onChat(chat: Chat): void; onEdit(): void; onDelete(): void };

function CharacterRow({ character, onChat, onEdit, onDelete }: RowProps) {
  const { id, name, hasAvatar } = character;
  const chat = async () => onChat(await service.createChat({ kind: 'narrative', hostId: id }));
  const setAvatar = async ([file]: readonly File[]) => file && putCharacter(await sendAvatar(id, file));
  return (
    <section class="library-row" aria-label={name}>
      <Speaker id={id} />
      <div class="row">
        <Action label={t().common.chat} about={name} onClick={() => tryOrNotify(chat)} />
        <Action label={t().common.edit} about={name} onClick={onEdit} />
        <FileButton
          label={t().library.picture}
          about={name}
          accept="image/png,image/jpeg,image/webp"
          onFiles={(files) => tryOrNotify(() => setAvatar(files))}
        />
        <Action
          label={t().common.export}
          about={name}
          onClick={() => tryOrNotify(() => exportCard(id, name, hasAvatar))}
        />
        <Action label={t().common.delete} about={name} onClick={onDelete} />
      </div>
    </section>
  );
}

/** As a PNG where the avatar can hold the card, else as JSON. */
async function exportCard(id: string, name: string, hasAvatar: boolean): Promise<void> {
  const asPng = hasAvatar ? await readCard(id, 'png').catch(() => null) : null;
  const file = asPng ?? (await readCard(id, 'json'));
  download(file, `${name.replace(/[^\p{L}\p{N} _-]/gu, '_').slice(0, 100)}.${asPng ? 'png' : 'json'}`);
}

function Action({ label, about, onClick }: { label: string; about: string; onClick(): unknown }) {
  return (
    <button type="button" class="quiet" aria-label={t().common.about(label, about)} onClick={() => void onClick()}>
      {label}
    </button>
  );
}

type FileButtonProps = {
  label: string;
  about?: string;
  accept: string;
  multiple?: boolean;
  onFiles(files: readonly File[]): unknown;
};

/** A button that opens the browser's choice of files. */
function FileButton({ label, about, accept, multiple = false, onFiles }: FileButtonProps) {
  return (
    <label class={about ? 'quiet file-button' : 'button file-button'}>
      {label}
      <input
        class="hidden"
        type="file"
        aria-label={about ? t().common.about(label, about) : label}
        accept={accept}
        multiple={multiple}
        onChange={(event) => {
          const input = event.currentTarget;
          void onFiles([...(input.files ?? [])]);
          // So that the same file can be chosen again.
          input.value = '';
        }}
      />
    </label>
  );
}

/** Takes cards that are dropped on it. */
function CardDrop({ children }: { children: ComponentChildren }) {
  const isOver = useSignal(false);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a button does the same
    <div
      class={isOver.value ? 'card-drop over' : 'card-drop'}
      onDragOver={(event) => {
        event.preventDefault();
        isOver.value = true;
      }}
      onDragLeave={() => (isOver.value = false)}
      onDrop={(event) => {
        event.preventDefault();
        isOver.value = false;
        void importCards([...(event.dataTransfer?.files ?? [])]);
      }}
    >
      {children}
    </div>
  );
}

function Editor({ id, onClose }: { id: string; onClose(): void }) {
  const character = useCharacter(id === 'new' ? null : id);
  if (id !== 'new' && !character) return null;
  return <CharacterDialog character={character} onClose={onClose} />;
}

function Deletion({ character, onClose }: { character: ListedCharacter; onClose(): void }) {
  return (
    <ConfirmDialog
      title={t().library.deleteTitle(character.name)}
      message={t().library.deleteMessage}
      action={t().common.delete}
      danger
      onConfirm={() => deleteCharacter(character.id)}
      onClose={onClose}
    />
  );
}
