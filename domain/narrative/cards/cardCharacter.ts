import type { CardData } from './cardData.js';
import type { Card } from './readCard.js';

/** The fields of a character that a card fills. */
export type CardCharacter = { name: string; persona: string; greeting: string | null };

/** The character that a card describes. Macros are replaced where the texts are used. */
export function toCharacter({ data }: Card): CardCharacter {
  return { name: data.name, persona: personaOf(data), greeting: data.first_mes === '' ? null : data.first_mes };
}

/** Description, personality and scenario, as one text. */
export function personaOf({ description, personality, scenario }: CardData): string {
  return [description, personality.trim() && `Personality: ${personality}`, scenario.trim() && `Scenario: ${scenario}`]
    .filter(Boolean)
    .join('\n\n');
}

/** The fields that every card of version 3 has. */
const emptyCard: CardData = {
  name: '',
  description: '',
  personality: '',
  scenario: '',
  first_mes: '',
  mes_example: '',
  system_prompt: '',
  post_history_instructions: '',
  creator_notes: '',
  creator: '',
  character_version: '',
  tags: [],
  alternate_greetings: [],
  group_only_greetings: [],
  extensions: {},
};

/**
 * The card file of a character, of version 3: the imported card with the changes that were made to the character since.
 * `card`: null where the character was not imported. A persona that was changed becomes the description, because its
 * parts can not be told apart any more.
 */
export function toCardFile(character: CardCharacter, card: Card | null): object {
  const known = card?.data ?? emptyCard;
  const isChanged = personaOf(known) !== character.persona;
  const persona = isChanged ? { description: character.persona, personality: '', scenario: '' } : {};
  const data = { ...emptyCard, ...known, ...persona, name: character.name, first_mes: character.greeting ?? '' };
  return { ...card?.beside, spec: 'chara_card_v3', spec_version: '3.0', data };
}
