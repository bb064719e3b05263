import { z } from 'zod';

/** The largest attachment, and all attachments of one message together, in bytes. */
export const MAX_ATTACHMENT_BYTES = 10 * 1024 * 1024;
export const MAX_MESSAGE_BYTES = 20 * 1024 * 1024;
/** The most attachments of one message. */
export const MAX_ATTACHMENTS = 10;

/** An attachment as the log and the api name it. `bytes` is its size; `name` that of the file, if it has one. */
export const attachment = z
  .object({
    id: z.string(),
    mediaType: z.string().meta({ description: 'lower case, without parameters; text is UTF-8' }),
    bytes: z.number().int().meta({ description: 'the size' }),
    name: z.string().optional().meta({ description: 'of the file' }),
  })
  .meta({ id: 'Attachment' });
export type Attachment = z.infer<typeof attachment>;

export const isImage = ({ mediaType }: Pick<Attachment, 'mediaType'>): boolean => mediaType.startsWith('image/');

/** The name for people and models. */
const labelOf = (attached: Pick<Attachment, 'mediaType' | 'name'>): string =>
  attached.name ?? (isImage(attached) ? 'an image' : 'a file');

/** What stands in a text for an attachment that is not sent. */
export const noteOf = (attached: Pick<Attachment, 'mediaType' | 'name'>): string =>
  `[${isImage(attached) ? 'image' : 'file'}: ${labelOf(attached)}]`;

/** The text of a file as models get it. */
export const fileText = (attached: Pick<Attachment, 'mediaType' | 'name'>, text: string): string =>
  `File ${labelOf(attached)}:\n${text}`;
