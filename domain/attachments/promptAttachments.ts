import { cut, measure, type PromptLimits } from '../text/tokenBudget.js';
import { type Attachment, fileText, isImage, MAX_MESSAGE_BYTES, noteOf } from './attachment.js';

/** An attachment from which a prompt is built. `text`: the beginning of a text file, if it was read. */
export type PromptAttachment = Attachment & { text?: string | undefined };

/**
 * What goes to a provider with a message, beside its text. `past`: the image is not part of the message that is answered.
 * `data` is the image as base64, which is read only for the request itself.
 */
export type AttachedPart =
  | { type: 'text'; text: string }
  | { type: 'image'; id: string; mediaType: string; name?: string | undefined; past: boolean; data?: string };
export type AttachedImage = Extract<AttachedPart, { type: 'image' }>;

/** The tokens of an image. Models cut large images into tiles or scale them; the estimate is for about a megapixel. */
export const IMAGE_TOKENS = 1_000;
/** The most images of one request: fewer than any provider takes. */
const MAX_IMAGES = 20;

/** What may still be taken, and the tokens that are. */
type Room = { tokens: number; images: number; imageBytes: number; spent: number };

/**
 * Chooses the attachments of a prompt. `lines`: the attachments of each line, oldest first; the last line is answered. Its
 * attachments may take five sixths of `hard`, those of earlier lines what remains of as much of `soft`. The newest are kept;
 * a note replaces each of the others, as far as notes fit. Returns the parts of each line, and the limits for the rest of
 * the prompt.
 */
export function fitAttachments(
  lines: readonly (readonly PromptAttachment[] | undefined)[],
  limits: PromptLimits,
): { parts: AttachedPart[][]; limits: PromptLimits } {
  if (!lines.some((line) => line?.length)) return { parts: lines.map(() => []), limits };
  const room: Room = { tokens: shareOf(limits.hard), images: MAX_IMAGES, imageBytes: MAX_MESSAGE_BYTES, spent: 0 };
  const parts: AttachedPart[][] = [];
  for (const line of lines.toReversed()) {
    const past = parts.length > 0;
    if (past) room.tokens = Math.min(room.tokens, shareOf(limits.soft) - room.spent);
    parts.unshift(fitLine(line ?? [], room, past, limits));
  }
  const without = (limit: number) => Math.max(0, limit - room.spent);
  return { parts, limits: { ...limits, hard: without(limits.hard), soft: without(limits.soft) } };
}

/** The part of a limit that attachments may take. */
const shareOf = (limit: number): number => Math.floor((limit * 5) / 6);

function spend(room: Room, tokens: number): void {
  room.tokens -= tokens;
  room.spent += tokens;
}

function fitLine(line: readonly PromptAttachment[], room: Room, past: boolean, limits: PromptLimits): AttachedPart[] {
  // Images first: a text can be cut, an image can't.
  const images = new Map(line.filter(isImage).map((attached) => [attached, fitImage(attached, room, past)]));
  let files = line.length - images.size;
  return line.flatMap(
    (attached) => images.get(attached) ?? fitFile(attached, room, { past, sharedBy: files-- }, limits),
  );
}

function fitNote(attached: PromptAttachment, room: Room): AttachedPart[] {
  if (room.tokens < PART_COST) return [];
  spend(room, PART_COST);
  return [{ type: 'text', text: noteOf(attached) }];
}

function fitImage(attached: PromptAttachment, room: Room, past: boolean): AttachedPart[] {
  const fits = room.images > 0 && room.imageBytes >= attached.bytes && room.tokens >= IMAGE_TOKENS;
  if (!fits) return fitNote(attached, room);
  room.images -= 1;
  room.imageBytes -= attached.bytes;
  spend(room, IMAGE_TOKENS);
  const { id, mediaType, name } = attached;
  return [{ type: 'image', id, mediaType, ...(name === undefined ? {} : { name }), past }];
}

/** A file of the message that is answered is cut to its share of the room; an earlier one is whole or left out. */
function fitFile(
  attached: PromptAttachment,
  room: Room,
  { past, sharedBy }: { past: boolean; sharedBy: number },
  { countTokens }: PromptLimits,
): AttachedPart[] {
  const allowance = Math.floor(room.tokens / sharedBy) - PART_COST;
  if (attached.text === undefined || allowance <= 0) return fitNote(attached, room);
  const measured = measure(attached.text, countTokens, allowance);
  if (past && measured.cost > allowance) return fitNote(attached, room);
  const { text, cost } = cut(measured, allowance);
  if (text === '' && attached.text !== '') return fitNote(attached, room);
  spend(room, cost + PART_COST);
  return [{ type: 'text', text: fileText(attached, text) }];
}

/** For a note or the name of a file, which is short: the estimate is rather too high than too low for most. */
const PART_COST = 16;

/** The tokens of the images of messages. */
export const imageTokens = (messages: readonly object[]): number =>
  messages
    .flatMap((message: { attached?: readonly AttachedPart[] }) => message.attached ?? [])
    .filter(({ type }) => type === 'image').length * IMAGE_TOKENS;
