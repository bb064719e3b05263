import { notify } from '../data/notices.js';
import { chooseDeveloper, chooseTheme, isDeveloper, type Theme, theme, themes } from '../data/preferences.js';
import { chooseNotices, notifies } from '../data/stream/replyNotices.js';
import { Dialog } from '../parts/dialog.js';

const themeLabels: Record<Theme, string> = { system: 'As the system', light: 'Light', dark: 'Dark' };

type SettingsProps = { onClose(): void; onShortcuts(): void };

/** How this browser shows the page. */
export function SettingsDialog({ onClose, onShortcuts }: SettingsProps) {
  return (
    <Dialog title="Settings" onClose={onClose}>
      <div class="form">
        <fieldset class="row">
          <legend class="hint">Colours</legend>
          {themes.map((each) => (
            <label key={each} class="row">
              <input type="radio" name="theme" checked={theme.value === each} onChange={() => chooseTheme(each)} />
              {themeLabels[each]}
            </label>
          ))}
        </fieldset>
        <Switch
          label="Notify me when a long reply ends while I am elsewhere"
          isOn={notifies.value}
          onChange={async (isOn) => {
            if (isOn && !(await chooseNotices(isOn))) notify('The browser does not allow notifications.', true);
            if (!isOn) await chooseNotices(false);
          }}
        />
        <Switch
          label="Show what developers and operators need: workflows, steps, codes, metrics"
          isOn={isDeveloper()}
          onChange={chooseDeveloper}
        />
        <div class="row end">
          <button type="button" class="button" onClick={onShortcuts}>
            Keyboard shortcuts
          </button>
        </div>
      </div>
    </Dialog>
  );
}

type SwitchProps = { label: string; isOn: boolean; onChange(isOn: boolean): void };

const Switch = ({ label, isOn, onChange }: SwitchProps) => (
  <label class="switch">
    <input type="checkbox" checked={isOn} onChange={(event) => onChange(event.currentTarget.checked)} />
    <span>{label}</span>
  </label>
);
