import { useEffect, useRef, useState } from 'preact/hooks';
import { useBlobUrl } from '../../data/blobs.js';
import {
  acceptedTypes,
  addFiles,
  canRetry,
  removeFile,
  retryUpload,
  type StagedFile,
  stagedFiles,
} from '../../data/uploads.js';
import { t } from '../../strings/strings.js';

/** The files of the message that is being written, each with its preview or its name. */
export function StagedFiles({ chatId }: { chatId: string }) {
  const files = stagedFiles(chatId);
  if (files.length === 0) return null;
  return (
    <ul class="staged-files" aria-label={t().uploads.label}>
      {files.map((staged) => (
        <StagedItem key={staged.key} chatId={chatId} staged={staged} />
      ))}
    </ul>
  );
}

function StagedItem({ chatId, staged }: { chatId: string; staged: StagedFile }) {
  const { key, file, mediaType, state } = staged;
  const url = useBlobUrl(/^image\//.test(mediaType) ? file : null);
  return (
    <li class={`staged-file ${state.is}`}>
      {url && <img src={url} alt="" />}
      <span class="file-name">{file.name}</span>
      <span class="hint" role={state.is === 'failed' ? 'alert' : undefined}>
        {state.is === 'uploading' && t().uploads.uploading(state.percent)}
        {state.is === 'uploaded' && t().formats.size(file.size)}
        {state.is === 'failed' && t().uploads.failures[state.why]}
      </span>
      {state.is === 'failed' && canRetry(staged) && (
        <button type="button" class="quiet" onClick={() => retryUpload(chatId, key)}>
          {t().common.tryAgain}
        </button>
      )}
      <button
        type="button"
        class="icon-button"
        aria-label={t().uploads.remove(file.name)}
        onClick={() => removeFile(chatId, key)}
      >
        ×
      </button>
    </li>
  );
}

/** The button that chooses files. */
export function AttachButton({ chatId }: { chatId: string }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        class="hidden"
        type="file"
        multiple
        accept={acceptedTypes}
        tabIndex={-1}
        aria-hidden="true"
        onChange={({ currentTarget }) => {
          addFiles(chatId, currentTarget.files ?? []);
          // The same file can be chosen again after it was removed.
          currentTarget.value = '';
        }}
      />
      <button
        type="button"
        class="icon-button attach"
        aria-label={t().uploads.attach}
        title={t().uploads.attach}
        onClick={() => input.current?.click()}
      >
        +
      </button>
    </>
  );
}

/** Adds the files of a paste. A paste that has text too, as from a word processor, stays a paste of text. */
export function pasteFiles(chatId: string, event: ClipboardEvent): void {
  const { files, types } = event.clipboardData ?? {};
  if (!files?.length || types?.includes('text/plain')) return;
  event.preventDefault();
  addFiles(chatId, files);
}

/**
 * Adds files that are dropped anywhere on the page; without this the browser would leave the page for the file. Returns
 * whether files are dragged over it.
 */
export function useDroppedFiles(chatId: string): boolean {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') ?? false;
    const over = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = ({ relatedTarget }: DragEvent) => {
      if (relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent) => {
      setOver(false);
      if (!hasFiles(event)) return;
      event.preventDefault();
      addFiles(chatId, event.dataTransfer?.files ?? []);
    };
    document.addEventListener('dragover', over);
    document.addEventListener('dragleave', leave);
    document.addEventListener('drop', drop);
    return () => {
      document.removeEventListener('dragover', over);
      document.removeEventListener('dragleave', leave);
      document.removeEventListener('drop', drop);
    };
  }, [chatId]);
  return isOver;
}
