import { replaceMacros } from './macros.js';
import type { Cast, Person } from './participants.js';
import { nameOf } from './promptText.js';

type People = Cast & { you: Person };

/** The participants, with names in place of the macros of their personas. `{{char}}` in the user's is the host. */
export function replacePersonaMacros({ you, host, guest }: People): People {
  const of = (person: Person, char: Person): Person => ({
    ...person,
    persona: replaceMacros(person.persona, { user: nameOf(you), char: nameOf(char) }),
  });
  return { you: of(you, host), host: of(host, host), guest: guest && of(guest, guest) };
}
