import { useEffect, useRef, useState } from 'preact/hooks';
import type { Attachment } from '../../../client/src/index.js';
import { openBlob, readBlob, useBlobUrl } from '../../data/blobs.js';
import { tryOrNotify } from '../../data/notices.js';
import { t } from '../../strings/strings.js';

/** What a message has beside its text: images as thumbnails, files by their names. Each opens in a new tab. */
export function Attachments({ attachments }: { attachments: readonly Attachment[] }) {
  if (attachments.length === 0) return null;
  return (
    <ul class="attachments" aria-label={t().uploads.attachments}>
      {attachments.map((attachment) => (
        <li key={attachment.id}>
          {attachment.mediaType.startsWith('image/') ? (
            <Thumbnail attachment={attachment} />
          ) : (
            <FileChip attachment={attachment} />
          )}
        </li>
      ))}
    </ul>
  );
}

function Thumbnail({ attachment }: { attachment: Attachment }) {
  const ref = useRef<HTMLButtonElement>(null);
  const [blob, setBlob] = useState<Blob | null>(null);
  const [hasFailed, setFailed] = useState(false);
  const url = useBlobUrl(blob);
  const label = attachment.name ?? t().uploads.image;
  useEffect(
    () => whenVisible(ref.current, (abort) => readBlob(attachment, abort).then(setBlob, () => setFailed(true))),
    [attachment.id],
  );
  return (
    <button
      type="button"
      ref={ref}
      class="thumbnail"
      disabled={blob === null}
      title={t().uploads.open(label)}
      onClick={() => blob && openBlob(blob)}
    >
      {url ? <img src={url} alt={label} /> : <span>{hasFailed ? t().uploads.notShown(label) : label}</span>}
    </button>
  );
}

/** Starts work once the element is near the visible part of the page. Returns the clean-up, which aborts it. */
function whenVisible(element: Element | null, start: (abort: AbortSignal) => void): () => void {
  const abort = new AbortController();
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      start(abort.signal);
    },
    { rootMargin: '400px' },
  );
  if (element) observer.observe(element);
  return () => {
    observer.disconnect();
    abort.abort();
  };
}

function FileChip({ attachment }: { attachment: Attachment }) {
  const open = () => tryOrNotify(async () => openBlob(await readBlob(attachment)));
  return (
    <button type="button" class="file-chip" title={t().uploads.openFile} onClick={open}>
      <span class="file-name">{attachment.name ?? t().uploads.file}</span>{' '}
      <span class="hint">{t().formats.size(attachment.bytes)}</span>
    </button>
  );
}
