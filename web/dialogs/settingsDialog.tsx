import { notify } from '../data/notices.js';
import {
  chooseDeveloper,
  chooseLanguage,
  chooseTheme,
  isDeveloper,
  type LanguageChoice,
  languageChoice,
  theme,
  themes,
} from '../data/preferences.js';
import { chooseNotices, notifies } from '../data/stream/replyNotices.js';
import { Dialog } from '../parts/dialog.js';
import { languages, t } from '../strings/strings.js';

const languageChoices: readonly LanguageChoice[] = ['system', 'en', 'de'];

const tryLanguage = (chosen: LanguageChoice) => chooseLanguage(chosen).catch(() => notify(t().common.notLoaded, true));

type SettingsProps = { onClose(): void; onShortcuts(): void };

/** How this browser shows the page. */
export function SettingsDialog({ onClose, onShortcuts }: SettingsProps) {
  return (
    <Dialog title={t().common.settings} onClose={onClose}>
      <div class="form">
        <fieldset class="row">
          <legend class="hint">{t().settings.colours}</legend>
          {themes.map((each) => (
            <label key={each} class="row">
              <input type="radio" name="theme" checked={theme.value === each} onChange={() => chooseTheme(each)} />
              {t().settings.themes[each]}
            </label>
          ))}
        </fieldset>
        <fieldset class="row">
          <legend class="hint">{t().settings.language}</legend>
          {languageChoices.map((each) => (
            <label key={each} class="row">
              <input
                type="radio"
                name="language"
                checked={languageChoice.value === each}
                onChange={() => tryLanguage(each)}
              />
              {each === 'system' ? t().settings.systemLanguage : <span lang={each}>{languages[each]}</span>}
            </label>
          ))}
        </fieldset>
        <Switch
          label={t().settings.notify}
          isOn={notifies.value}
          onChange={async (isOn) => {
            if (isOn && !(await chooseNotices(isOn))) notify(t().settings.notAllowed, true);
            if (!isOn) await chooseNotices(false);
          }}
        />
        <Switch label={t().settings.developer} isOn={isDeveloper()} onChange={chooseDeveloper} />
        <div class="row end">
          <button type="button" class="button" onClick={onShortcuts}>
            {t().shortcuts.title}
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
