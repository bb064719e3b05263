/** The dialogs that are rarely needed: one script, which is loaded on demand (`lazyDialogs.tsx`). */
export { LibraryDialog } from '../characters/libraryDialog.js';
export { RenameDialog } from '../chat/dialogs/renameDialog.js';
export { RewindDialog } from '../chat/dialogs/rewindDialog.js';
export { ShortcutsDialog } from '../chat/dialogs/shortcutsDialog.js';
export { TurnDetails } from '../chat/turns/turnDetails.js';
export { EditRelationship } from '../narrative/editRelationship.js';
export { AgentSettingsDialog } from './agentSettingsDialog.js';
export { CharacterDialog, ProfileDialog } from './characterDialog.js';
export { ChatSettingsDialog } from './chatSettingsDialog.js';
export { NewChatDialog } from './newChatDialog.js';
export { SettingsDialog } from './settingsDialog.js';
