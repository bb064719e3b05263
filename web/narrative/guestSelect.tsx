import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Chat } from '../../client/src/index.js';
import { request } from '../data/api.js';
import { characters } from '../data/characters.js';
import { nameOf, putChat } from '../data/library.js';
import { tryOrNotify } from '../data/notices.js';
import type { OpenChat } from '../data/openChat.js';
import { CharacterDialog } from '../dialogs/characterDialog.js';
import { SelectField } from '../dialogs/fields.js';

/** Has a guest come, go, or take another's place. The host is the same for as long as the chat is. */
export function GuestSelect({ chat, about }: { chat: OpenChat; about: Chat }) {
  const busy = useSignal(false);
  const making = useSignal(false);
  // A guest may go without this page: when the character is deleted.
  useEffect(() => chat.onEvent((event) => void (event?.kind === 'guest_cleared' && chat.refresh())), [chat]);

  const change = async (guestId: string | null) => {
    busy.value = true;
    await tryOrNotify(async () => {
      putChat(await request<Chat>('PATCH', `/v1/chats/${chat.id}`, { body: { guestId } }));
      await chat.refresh();
    });
    busy.value = false;
  };
  const others = characters.value.filter(({ id }) => id !== about.hostId);
  const floor = about.activeTurnId !== null;
  return (
    <div class="guest">
      <SelectField
        label="Guest"
        value={about.guestId ?? ''}
        disabled={busy.value || floor}
        onChange={(chosen) => {
          if (chosen === 'new') making.value = true;
          else void change(chosen || null);
        }}
        options={[
          ['', about.guestId ? `Nobody: ${nameOf(about.guestId)} leaves` : 'Nobody'],
          ...others.map(({ id, name }) => [id, name] as const),
          ['new', 'A new character…'],
        ]}
      />
      {floor ? <p class="hint">You can change this when the reply is done.</p> : null}
      {making.value ? (
        <CharacterDialog
          character={null}
          onClose={() => (making.value = false)}
          onSaved={({ id }) => void change(id)}
        />
      ) : null}
    </div>
  );
}
