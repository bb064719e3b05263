import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import { type NarrativeWorld, startNarrativeWorld } from '../../support/chats/narrativeWorld.js';

let world: NarrativeWorld;
let openai: OpenAI;
beforeAll(async () => {
  world = await startNarrativeWorld();
  openai = new OpenAI({ baseURL: `${world.service().api}/openai/v1`, apiKey: 'none', maxRetries: 0 });
}, 180_000);
afterAll(() => world?.dispose(), 60_000);
afterEach(() => world.provider.unscript());

const refused = { status: 401 };

describe('a response of a chat with two characters', () => {
  test.each([401, 503])(
    'is complete when the classifier of the interjection fails with %s, before the follow-ups have ended',
    async (status) => {
      const { chat, hostId } = await world.newChat();
      world.provider.classify(({ name }) => {
        if (name === 'interjection') return { status };
        return name === 'state_update' ? refused : undefined;
      });
      const response = await openai.responses.create({
        model: `character:${hostId}`,
        input: 'Is anybody there?',
        conversation: chat.id,
      });
      expect(response.status).toBe('completed');
      const { status: running, steps } = await world.service().client.getTurn(response.id);
      expect(running).not.toBe('completed');
      expect(steps).toContainEqual(expect.objectContaining({ name: 'interjection', status: 'skipped' }));
    },
    60_000,
  );
});
