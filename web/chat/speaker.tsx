import { AvatarImage } from '../characters/avatarImage.js';
import { nameOf } from '../data/library.js';
import { MessageTime } from './messageTime.js';

const hues = 6;

/** The number of a colour class in the style sheet: always the same for the same id. */
function hueOf(id: string): number {
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
