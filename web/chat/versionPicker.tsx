import { useEffect, useState } from 'preact/hooks';
import type { Version } from '../../client/src/index.js';
import { list, post } from '../data/api.js';
import { tryOrNotify } from '../data/notices.js';

/** Leafs through the versions of a reply: the one that is chosen becomes the timeline's, with all that it led to. */
export function VersionPicker({ turnId, disabled }: { turnId: string; disabled: boolean }) {
  const [versions, setVersions] = useState<Version[]>([]);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    let current = true;
    list<Version>(`/v1/turns/${turnId}/versions`).then(
      (items) => current && setVersions(items),
      // Without its versions a reply is still readable.
      () => current && setVersions([]),
    );
    return () => {
      current = false;
    };
  }, [turnId]);

  const at = versions.findIndex(({ turnId: id, active }) =>
    versions.some((v) => v.turnId === turnId) ? id === turnId : active,
  );
  if (versions.length < 2 || at < 0) return null;
  const leaf = async (by: number) => {
    const to = versions[at + by];
    if (!to) return;
    setBusy(true);
    await tryOrNotify(() => post(`/v1/turns/${turnId}/versions/${to.turnId}/activate`));
    setBusy(false);
  };
  return (
    <fieldset class="versions" aria-label="Versions of this reply">
      <button
        type="button"
        class="quiet"
        aria-label="Version before"
        disabled={disabled || busy || at === 0}
        onClick={() => leaf(-1)}
      >
        ‹
      </button>
      <span>
        {at + 1} / {versions.length}
      </span>
      <button
        type="button"
        class="quiet"
        aria-label="Next version"
        disabled={disabled || busy || at === versions.length - 1}
        onClick={() => leaf(1)}
      >
        ›
      </button>
    </fieldset>
  );
}
