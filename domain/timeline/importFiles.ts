import { MAX_ATTACHMENT_BYTES } from '../attachments/attachment.js';
import { parseMediaType } from '../attachments/mediaType.js';
import { type Card, readCard } from '../narrative/cards/readCard.js';
import type { ExportLine } from './exportedChat.js';

/** What the lines of an import have said so far of cards, avatars and attachments. */
export type ImportFiles = {
  cards: Map<string, Card>;
  avatars: Set<string>;
  /** The sizes of the attachments whose bytes are in the export, by id. */
  attachments: Map<string, number>;
  /** The bytes of the last file that are still to come. */
  missing: number;
};

export const noFiles = (): ImportFiles => ({
  cards: new Map(),
  avatars: new Set(),
  attachments: new Map(),
  missing: 0,
});

const fileLimits = { attachments: 10_000, avatarBytes: 10 * 1024 * 1024 } as const;

export type FileLine = Extract<ExportLine, { type: 'card' | 'avatar' | 'attachment' | 'piece' }>;

const tooMany = 'base64: has more bytes than the file, or none';

/** Why a line does not continue the file that has begun, or begins one wrongly; null if neither. */
export function faultOfPiece(line: ExportLine, { missing }: ImportFiles): string | null {
  if (line.type === 'piece') return isWithin(line.base64, missing) ? null : tooMany;
  if (missing > 0) return incomplete;
  if (line.type !== 'attachment' && line.type !== 'avatar') return null;
  if (line.type === 'attachment' && line.leftOut) return line.base64 === '' ? null : 'base64: must be empty';
  return isWithin(line.base64, line.bytes) ? null : tooMany;
}

export const incomplete = 'the pieces of the file before this line are not complete';

const bytesIn = (base64: string): number => Math.floor((base64.replace(/=+$/, '').length * 3) / 4);

const isWithin = (base64: string, most: number): boolean => bytesIn(base64) > 0 && bytesIn(base64) <= most;

/** Why a line about a file can not follow the earlier ones; null if it can. */
export function faultOfFile(
  line: FileLine,
  files: ImportFiles,
  characters: { has(id: string): boolean },
): string | null {
  switch (line.type) {
    case 'card':
      return faultOfOwner(line.characterId, characters, files.cards) ?? faultOfCard(line.card);
    case 'avatar':
      if (line.bytes > fileLimits.avatarBytes) return 'bytes: are too many';
      return faultOfOwner(line.characterId, characters, files.avatars);
    case 'attachment':
      if (files.attachments.size >= fileLimits.attachments) return 'there are too many attachments';
      if (line.bytes > MAX_ATTACHMENT_BYTES) return 'bytes: are too many';
      if (parseMediaType(line.mediaType)?.mediaType !== line.mediaType) return 'mediaType: is not taken';
      return files.attachments.has(line.id) ? 'id: is that of an earlier line' : null;
    case 'piece':
      return null;
  }
}

type Ids = { has(id: string): boolean };

function faultOfOwner(characterId: string, characters: Ids, known: Ids): string | null {
  if (!characters.has(characterId)) return 'characterId: no earlier line is of this character';
  return known.has(characterId) ? 'characterId: is that of an earlier line' : null;
}

/** Reads a card as an export has it: `{data, beside}`. */
function readExported({ data, beside }: Record<string, unknown>) {
  return readCard({ ...(typeof beside === 'object' ? beside : {}), data });
}

function faultOfCard(exported: Record<string, unknown>): string | null {
  const read = readExported(exported);
  if ('card' in read) return null;
  const [fault] = read.faults;
  return `card.${fault?.path ?? ''}: ${fault?.reason ?? 'can not be read'}`;
}

/** Takes a line without a fault. */
export function takeFile(line: FileLine, files: ImportFiles): void {
  switch (line.type) {
    case 'card': {
      const read = readExported(line.card);
      if ('card' in read) files.cards.set(line.characterId, read.card);
      break;
    }
    case 'avatar':
      files.avatars.add(line.characterId);
      files.missing = line.bytes - bytesIn(line.base64);
      break;
    case 'attachment':
      if (line.leftOut) break;
      files.attachments.set(line.id, line.bytes);
      files.missing = line.bytes - bytesIn(line.base64);
      break;
    case 'piece':
      files.missing -= bytesIn(line.base64);
  }
}
