import { useEffect, useState } from 'preact/hooks';
import type { Attachment } from '../../client/src/index.js';
import { client, withKeyPrompt } from './api.js';

/** How many attachments are read at once: fewer than the service allows, so that uploads have room. */
const atOnce = 3;
let reading = 0;
const waiting: (() => void)[] = [];

async function inTurn<T>(read: () => Promise<T>): Promise<T> {
  if (reading >= atOnce) await new Promise<void>((start) => waiting.push(start));
  reading += 1;
  try {
    return await read();
  } finally {
    reading -= 1;
    waiting.shift()?.();
  }
}

/**
 * Reads an attachment with the key, which an `img` could not send. Text gets the type of plain text, so that no page is made
 * of it when it is opened: a blob has the origin of this page.
 */
export async function readBlob({ id, mediaType }: Attachment, abort?: AbortSignal): Promise<Blob> {
  const options = abort ? { signal: abort } : {};
  const blob = await inTurn(() => withKeyPrompt(client.readAttachment(id, options)));
  return new Blob([blob], { type: mediaType.startsWith('image/') ? mediaType : 'text/plain;charset=utf-8' });
}

/** The URL of a blob for as long as the component shows it. */
export function useBlobUrl(blob: Blob | null): string | null {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (!blob) return;
    const made = URL.createObjectURL(blob);
    setUrl(made);
    return () => {
      setUrl(null);
      URL.revokeObjectURL(made);
    };
  }, [blob]);
  return url;
}

/** Long enough for the new tab to load it. */
const openForMs = 30_000;

/** Opens a blob in a tab of its own, which can not reach this page. */
export function openBlob(blob: Blob): void {
  const url = URL.createObjectURL(blob);
  window.open(url, '_blank', 'noopener');
  setTimeout(() => URL.revokeObjectURL(url), openForMs);
}
