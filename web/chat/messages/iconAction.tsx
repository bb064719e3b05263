import { Icon, type IconName } from '../../parts/icon.js';

type IconActionProps = { icon: IconName; label: string; onClick(): void };

/** A button that shows a picture. Its name is read aloud, and shown on hover. */
export const IconAction = ({ icon, label, onClick }: IconActionProps) => (
  <button type="button" class="icon-button action" aria-label={label} title={label} onClick={onClick}>
    <Icon name={icon} />
  </button>
);
