import { signal } from '@preact/signals';
import type { Attachment } from '../../client/src/index.js';
import type { Strings } from '../strings/en.js';
import { apiKey, isKeyRequested } from './api.js';

export type UploadFailure = keyof Strings['uploads']['failures'];

/** A file that is added to a message that is not sent yet. */
export type StagedFile = {
  readonly key: string;
  readonly file: File;
  readonly mediaType: string;
  readonly state:
    | { is: 'uploading'; percent: number }
    | { is: 'uploaded'; attachment: Attachment }
    | { is: 'failed'; why: UploadFailure };
};

/** Limits of the service. */
const maxFiles = 10;
const maxBytes = 10 * 1024 * 1024;

export const acceptedTypes =
  'image/png,image/jpeg,image/webp,image/gif,text/*,application/json,.md,.csv,.log,.yaml,.yml,.toml';

/** The files in the composer, by chat: they are kept while another chat is open. */
const staged = signal<ReadonlyMap<string, readonly StagedFile[]>>(new Map());
/** The uploads that are running, by the key of their file. */
const running = new Map<string, XMLHttpRequest>();

export const stagedFiles = (chatId: string): readonly StagedFile[] => staged.value.get(chatId) ?? [];

const setFiles = (chatId: string, files: readonly StagedFile[]): void => {
  staged.value = new Map(staged.value).set(chatId, files);
};

const setState = (chatId: string, key: string, state: StagedFile['state']): void =>
  setFiles(
    chatId,
    stagedFiles(chatId).map((one) => (one.key === key ? { ...one, state } : one)),
  );

/** Adds files to the message, and uploads those that can be attached. The others say why they can not. */
export function addFiles(chatId: string, files: Iterable<File>): void {
  for (const file of files) {
    const key = crypto.randomUUID();
    const mediaType = mediaTypeOf(file);
    const refusal = refusalOf(file, mediaType, stagedFiles(chatId).length);
    const state: StagedFile['state'] = refusal ? { is: 'failed', why: refusal } : { is: 'uploading', percent: 0 };
    if (stagedFiles(chatId).length > maxFiles) return;
    setFiles(chatId, [...stagedFiles(chatId), { key, file, mediaType: mediaType ?? '', state }]);
    if (!refusal) upload(chatId, key);
  }
}

export function removeFile(chatId: string, key: string): void {
  running.get(key)?.abort();
  setFiles(
    chatId,
    stagedFiles(chatId).filter((one) => one.key !== key),
  );
}

/** Empties the composer once its message is sent. */
export const clearFiles = (chatId: string): void => setFiles(chatId, []);

export function retryUpload(chatId: string, key: string): void {
  setState(chatId, key, { is: 'uploading', percent: 0 });
  upload(chatId, key);
}

/** Whether another upload of the file may succeed. */
export const canRetry = ({ mediaType, file }: StagedFile): boolean => refusalOf(file, mediaType || null, 0) === null;

function refusalOf({ size }: File, mediaType: string | null, count: number): UploadFailure | null {
  if (count >= maxFiles) return 'tooMany';
  if (mediaType === null) return 'unsupported';
  if (size > maxBytes) return 'tooLarge';
  return size === 0 ? 'empty' : null;
}

const images = /^image\/(png|jpeg|webp|gif)$/;
/** Endings of text files to which systems give other types, or none. */
const textEndings =
  /\.(txt|md|markdown|csv|tsv|json|jsonl|log|ya?ml|toml|ini|conf|xml|html?|css|[cm]?[jt]sx?|py|rb|rs|go|java|kt|swift|c|h|cc|cpp|hpp|cs|php|sh|sql|tex|rst|diff|patch)$/i;

/** The type under which a file is uploaded; null for a file that can not be attached. */
function mediaTypeOf({ type, name }: File): string | null {
  if (images.test(type) || type.startsWith('text/') || type === 'application/json') return type;
  return textEndings.test(name) ? 'text/plain' : null;
}

/** By XMLHttpRequest, because `fetch` does not report progress of uploads. */
function upload(chatId: string, key: string): void {
  const found = stagedFiles(chatId).find((one) => one.key === key);
  if (!found) return;
  const request = new XMLHttpRequest();
  running.set(key, request);
  const end = (state: StagedFile['state'] | null) => {
    running.delete(key);
    if (state) setState(chatId, key, state);
  };
  request.upload.onprogress = ({ loaded, total }) =>
    setState(chatId, key, { is: 'uploading', percent: Math.floor((100 * loaded) / Math.max(1, total)) });
  request.onload = () => end(stateOf(request));
  request.onerror = () => end({ is: 'failed', why: 'unreachable' });
  request.ontimeout = () => end({ is: 'failed', why: 'slow' });
  request.onabort = () => end(null);
  request.open('POST', '/v1/attachments');
  request.timeout = 120_000;
  request.setRequestHeader('content-type', found.mediaType);
  request.setRequestHeader('x-filename', encodeURIComponent(found.file.name.toWellFormed()));
  if (apiKey.value !== null) request.setRequestHeader('authorization', `Bearer ${apiKey.value}`);
  request.send(found.file);
}

function stateOf({ status, responseText }: XMLHttpRequest): StagedFile['state'] {
  if (status === 201) return { is: 'uploaded', attachment: JSON.parse(responseText) as Attachment };
  if (status === 401) isKeyRequested.value = true;
  return { is: 'failed', why: refusals[status] ?? 'failed' };
}

const refusals: Readonly<Record<number, UploadFailure>> = {
  401: 'key',
  409: 'full',
  413: 'tooLarge',
  415: 'notText',
  429: 'tooManyAtOnce',
};
