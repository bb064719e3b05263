import { useEffect, useState } from 'preact/hooks';
import type { Version } from '../../../client/src/index.js';
import { tryOrNotify } from '../../data/notices.js';
import { service } from '../../data/service.js';
import type { OpenChat } from '../../data/stream/openChat.js';
import { Icon } from '../../parts/icon.js';
import { t } from '../../strings/strings.js';
import { undoRewind } from './undoRewind.js';

/** Switches between the versions of a reply. The chosen one, with the events it caused, becomes the timeline's. */
export function VersionPicker({ chat, turnId, disabled }: { chat: OpenChat; turnId: string; disabled: boolean }) {
  const versions = useVersions(turnId);
  const [isSwitching, setSwitching] = useState(false);
  const isListed = versions.some((version) => version.turnId === turnId);
  const at = versions.findIndex((version) => (isListed ? version.turnId === turnId : version.active));
  if (versions.length < 2 || at < 0) return null;
  const switchBy = async (offset: number) => {
    const target = versions[at + offset];
    if (!target) return;
    setSwitching(true);
    const undoable = chat.undoable.peek();
    await tryOrNotify(async () => {
      // What followed the version before the message was edited belongs to it.
      if (undoable?.replaced?.turnId === target.turnId) await undoRewind(chat);
      else await service.activateVersion(turnId, target.turnId);
    });
    setSwitching(false);
  };
  return (
    <fieldset class="versions" aria-label={t().message.versions}>
      <button
        type="button"
        class="icon-button action"
        aria-label={t().message.previousVersion}
        disabled={disabled || isSwitching || at === 0}
        onClick={() => switchBy(-1)}
      >
        <Icon name="previous" />
      </button>
      <span>{t().message.versionOf(at + 1, versions.length)}</span>
      <button
        type="button"
        class="icon-button action"
        aria-label={t().message.nextVersion}
        disabled={disabled || isSwitching || at === versions.length - 1}
        onClick={() => switchBy(1)}
      >
        <Icon name="next" />
      </button>
    </fieldset>
  );
}

/** Empty until they are read, and where that fails: the reply can be read without its versions. */
function useVersions(turnId: string): readonly Version[] {
  const [versions, setVersions] = useState<readonly Version[]>([]);
  useEffect(() => {
    let isCurrent = true;
    service.listVersions(turnId).then(
      (items) => isCurrent && setVersions(items),
      () => isCurrent && setVersions([]),
    );
    return () => {
      isCurrent = false;
    };
  }, [turnId]);
  return versions;
}
