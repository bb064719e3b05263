import type { Card } from '../../domain/narrative/cards/readCard.js';
import type { SpeakerCard } from '../../domain/narrative/cards/speakerCard.js';
import type { Db, Tx } from '../core/pool.js';

/** Stores the card that a character was imported from. */
export async function storeCard(tx: Tx, characterId: string, card: Card): Promise<void> {
  await tx.query('insert into character_cards (character_id, card) values ($1, $2)', [
    characterId,
    JSON.stringify(card),
  ]);
}

/** Reads the card that a character was imported from. Null when it was not. */
export async function readCharacterCard(db: Db, characterId: string): Promise<Card | null> {
  const { rows } = await db.query<{ card: Card }>('select card from character_cards where character_id = $1', [
    characterId,
  ]);
  return rows[0]?.card ?? null;
}

/** Reads what the card of a speaker adds to prompts. Null when the speaker was not imported. */
export async function readSpeakerCard(db: Db, characterId: string): Promise<SpeakerCard | null> {
  const { rows } = await db.query<SpeakerCard>(
    `select data->>'system_prompt' as "systemPrompt", data->>'post_history_instructions' as "postHistoryInstructions",
            data->>'mes_example' as examples, nullif(data->'character_book', 'null') as book
     from (select card->'data' as data from character_cards where character_id = $1) c`,
    [characterId],
  );
  return rows[0] ?? null;
}
