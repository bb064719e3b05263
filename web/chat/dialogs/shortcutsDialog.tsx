import { Dialog } from '../../parts/dialog.js';
import { t } from '../../strings/strings.js';

export function ShortcutsDialog({ onClose }: { onClose(): void }) {
  return (
    <Dialog title={t().shortcuts.title} onClose={onClose}>
      <dl class="shortcuts">
        {t().shortcuts.list.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
