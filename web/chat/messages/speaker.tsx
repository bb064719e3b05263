import { AvatarImage } from '../../characters/avatarImage.js';
import { characters } from '../../data/characters.js';
import { nameOf } from '../../data/library.js';
import { MessageTime } from './messageTime.js';

const hues = 8;

/** The number of a colour class in the style sheet. Characters take them in turn, so that those of a chat differ. */
function hueOf(id: string): number {
  const place = characters.value.findIndex((character) => character.id === id);
  if (place >= 0) return place % hues;
  let sum = 0;
  for (const character of id) sum = (sum * 31 + character.charCodeAt(0)) % 9973;
  return sum % hues;
}

type SpeakerProps = { id: string; note?: string | undefined; at?: string | null };

/** The initial and the name of a speaker, and when the message was complete. */
export function Speaker({ id, note, at = null }: SpeakerProps) {
  const name = nameOf(id);
  return (
    <div class="speaker">
      <span class={`avatar hue-${hueOf(id)}`} aria-hidden="true">
        {[...name][0]?.toUpperCase() ?? '?'}
        <AvatarImage id={id} />
      </span>
      <span class="speaker-name">{name}</span>
      {note && <span class="speaker-note">{note}</span>}
      {at && <MessageTime at={at} />}
    </div>
  );
}
