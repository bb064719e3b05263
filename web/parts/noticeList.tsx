import { dismiss, notices } from '../data/notices.js';
import { t } from '../strings/strings.js';

/** The notices that are shown at the edge of the page. */
export function NoticeList() {
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.value.map(({ id, text, isError }) => (
        <div key={id} class={isError ? 'notice bad' : 'notice'}>
          <span>{text}</span>
          <button type="button" class="icon-button" aria-label={t().common.dismiss} onClick={() => dismiss(id)}>
            ×
          </button>
        </div>
      ))}
    </div>
  );
}
