import { signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { notify } from '../data/notices.js';
import { t } from '../strings/strings.js';

type Dialogs = typeof import('./rareDialogs.js');

const loaded = signal<Dialogs | null>(null);

/** Loads the dialogs, unless they are there. Rejects where the network fails or the server has a newer page. */
export async function loadDialogs(): Promise<void> {
  loaded.value ??= await import('./rareDialogs.js');
}

/** A dialog that is shown once its script is there. Where it can't be loaded, a notice says so, and the dialog is closed. */
function lazy<P extends { onClose(): void }>(pick: (dialogs: Dialogs) => ComponentType<P>): ComponentType<P> {
  return function LazyDialog(props: P) {
    const Shown = loaded.value && pick(loaded.value);
    useEffect(() => {
      loadDialogs().catch(() => {
        notify(t().common.notLoaded, true);
        props.onClose();
      });
    }, []);
    return Shown ? <Shown {...props} /> : null;
  };
}

export const EditRelationship = lazy((dialogs) => dialogs.EditRelationship);
export const LibraryDialog = lazy((dialogs) => dialogs.LibraryDialog);
export const RenameDialog = lazy((dialogs) => dialogs.RenameDialog);
export const RewindDialog = lazy((dialogs) => dialogs.RewindDialog);
export const ShortcutsDialog = lazy((dialogs) => dialogs.ShortcutsDialog);
export const TurnDetails = lazy((dialogs) => dialogs.TurnDetails);
export const AgentSettingsDialog = lazy((dialogs) => dialogs.AgentSettingsDialog);
export const CharacterDialog = lazy((dialogs) => dialogs.CharacterDialog);
export const ProfileDialog = lazy((dialogs) => dialogs.ProfileDialog);
export const ChatSettingsDialog = lazy((dialogs) => dialogs.ChatSettingsDialog);
export const NewChatDialog = lazy((dialogs) => dialogs.NewChatDialog);
export const SettingsDialog = lazy((dialogs) => dialogs.SettingsDialog);
