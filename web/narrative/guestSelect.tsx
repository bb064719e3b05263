import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Chat } from '../../client/src/index.js';
import { characters } from '../data/characters.js';
import { nameOf, putChat } from '../data/library.js';
import { tryOrNotify } from '../data/notices.js';
import { service } from '../data/service.js';
import type { OpenChat } from '../data/stream/openChat.js';
import { SelectField } from '../dialogs/fields.js';
import { CharacterDialog } from '../dialogs/lazyDialogs.js';
import { t } from '../strings/strings.js';

/** Adds, removes or replaces the guest. The host of a chat can't be changed. */
export function GuestSelect({ chat, about }: { chat: OpenChat; about: Chat }) {
  const isSaving = useSignal(false);
  const isCreating = useSignal(false);
  // The guest is also removed when the character is deleted.
  useEffect(() => chat.onEvent((event) => void (event?.kind === 'guest_cleared' && chat.refresh())), [chat]);

  const change = async (guestId: string | null) => {
    isSaving.value = true;
    await tryOrNotify(async () => {
      putChat(await service.updateChat(chat.id, { guestId }));
      await chat.refresh();
    });
    isSaving.value = false;
  };
  const others = characters.value.filter(({ id }) => id !== about.hostId);
  const isTurnActive = about.activeTurnId !== null;
  return (
    <div class="guest">
      <SelectField
        label={t().narrative.guest}
        value={about.guestId ?? ''}
        disabled={isSaving.value || isTurnActive}
        onChange={(chosen) => {
          if (chosen === 'new') isCreating.value = true;
          else void change(chosen || null);
        }}
        options={[
          ['', about.guestId ? t().narrative.removeGuest(nameOf(about.guestId)) : t().common.none],
          ...others.map(({ id, name }) => [id, name] as const),
          ['new', t().narrative.newCharacter],
        ]}
      />
      {isTurnActive ? <p class="hint">{t().narrative.afterReply}</p> : null}
      {isCreating.value ? (
        <CharacterDialog
          character={null}
          onClose={() => (isCreating.value = false)}
          onSaved={({ id }) => void change(id)}
        />
      ) : null}
    </div>
  );
}
