import type { ChatMessage } from '../../domain/agents/chatMessage.js';
import { noteOf } from '../../domain/attachments/attachment.js';
import type { AttachedImage, AttachedPart } from '../../domain/attachments/promptAttachments.js';

/** Reads images as base64, by id. An image that no longer exists is missing. */
export type LoadImages = (ids: readonly string[]) => Promise<ReadonlyMap<string, string>>;

const partsOf = (message: ChatMessage): readonly AttachedPart[] =>
  'attached' in message && message.attached ? message.attached : [];

const imagesOf = (messages: readonly ChatMessage[]): AttachedImage[] =>
  messages.flatMap(partsOf).filter((part) => part.type === 'image');

/** Whether the message that is answered has images. Without them the request would be another one. */
export const hasNewImages = (messages: readonly ChatMessage[]): boolean => imagesOf(messages).some(({ past }) => !past);

const asNote = (image: AttachedImage): AttachedPart => ({ type: 'text', text: noteOf(image) });

function mapImages(messages: ChatMessage[], change: (image: AttachedImage) => AttachedPart): ChatMessage[] {
  if (imagesOf(messages).length === 0) return messages;
  return messages.map((message) =>
    'attached' in message && message.attached
      ? { ...message, attached: message.attached.map((part) => (part.type === 'image' ? change(part) : part)) }
      : message,
  );
}

/** Replaces the images that the server does not take by notes. */
export function sendableImages(messages: ChatMessage[], sent: 'all' | 'new' | 'none' = 'all'): ChatMessage[] {
  switch (sent) {
    case 'all':
      return messages;
    case 'new':
      return mapImages(messages, (image) => (image.past ? asNote(image) : image));
    case 'none':
      return mapImages(messages, asNote);
  }
}

/** The request with the data of its images. Callers keep it no longer than until it is sent: it may have megabytes. */
export async function withImageData<T extends { messages: ChatMessage[]; loadImages?: LoadImages | undefined }>(
  request: T,
): Promise<T> {
  const images = imagesOf(request.messages);
  if (images.length === 0) return request;
  const data = await (request.loadImages?.(images.map(({ id }) => id)) ?? new Map<string, string>());
  const messages = mapImages(request.messages, (image) => {
    const bytes = data.get(image.id);
    return bytes === undefined ? asNote(image) : { ...image, data: bytes };
  });
  return { ...request, messages };
}

/** The image as a URL that holds its bytes. */
export const dataUrl = ({ mediaType, data = '' }: AttachedImage): string => `data:${mediaType};base64,${data}`;

/** A message's text with that of its files, for servers whose messages have one text. Images are left out. */
export const joinedText = (content: string, parts: readonly AttachedPart[]): string =>
  [content, ...parts.flatMap((part) => (part.type === 'text' ? [part.text] : []))]
    .filter((text) => text !== '')
    .join('\n\n');
