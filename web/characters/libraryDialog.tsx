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
      <Dialog title="Characters" wide onClose={onClose}>
        <CardDrop>
          <div class="row">
            <button type="button" class="button primary" onClick={() => (editing.value = 'new')}>
              New character
            </button>
            <FileButton
              label="Import cards"
              accept=".json,.png,application/json,image/png"
              multiple
              onFiles={importCards}
            />
          </div>
          <p class="hint">You can also drop character cards here: PNG or JSON files.</p>
          {all.length === 0 ? <p class="empty">No characters yet.</p> : null}
          <ul class="library" aria-label="Characters">
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
  if (files.length > maxFiles) notify(`Only the first ${maxFiles} files are imported.`, true);
  for (const file of files.slice(0, maxFiles)) {
    try {
      const { warnings = [], ...imported } = await sendCard(file);
      putCharacter(imported);
      notify(`${imported.name} was imported.`);
      if (warnings.length > 0) notify(unusedPatterns(warnings.length), true);
    } catch (error) {
      notify(`${file.name} could not be imported. ${error instanceof Error ? error.message : ''}`, true);
    }
  }
}

const unusedPatterns = (count: number): string =>
  `${count === 1 ? 'One keyword' : `${count} keywords`} of its lorebook can’t be used as a pattern, and will call nothing.`;

type RowProps = { character: ListedCharacter; onChat(chat: Chat): void; onEdit(): void; onDelete(): void };

function CharacterRow({ character, onChat, onEdit, onDelete }: RowProps) {
  const { id, name, hasAvatar } = character;
  const chat = async () => onChat(await service.createChat({ kind: 'narrative', hostId: id }));
  const setAvatar = async ([file]: readonly File[]) => file && putCharacter(await sendAvatar(id, file));
  return (
    <section class="library-row" aria-label={name}>
      <Speaker id={id} />
      <div class="row">
        <Action label="Chat" about={name} onClick={() => tryOrNotify(chat)} />
        <Action label="Edit" about={name} onClick={onEdit} />
        <FileButton
          label="Picture"
          about={name}
          accept="image/png,image/jpeg,image/webp"
          onFiles={(files) => tryOrNotify(() => setAvatar(files))}
        />
        <Action label="Export" about={name} onClick={() => tryOrNotify(() => exportCard(id, name, hasAvatar))} />
        <Action label="Delete" about={name} onClick={onDelete} />
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
    <button type="button" class="quiet" aria-label={`${label}: ${about}`} onClick={() => void onClick()}>
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
        aria-label={about ? `${label}: ${about}` : label}
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
      title={`Delete ${character.name}?`}
      message="The character is removed from the chats in which it is the second character. If it is the main character of a chat, delete that chat first."
      action="Delete"
      danger
      onConfirm={() => deleteCharacter(character.id)}
      onClose={onClose}
    />
  );
}
