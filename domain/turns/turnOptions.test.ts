import { expect, test } from '@jest/globals';
import { optionsOfReply } from './turnOptions.js';

test('a reply is requested with the options of its turn, else with the samplers of its chat, and nothing else', () => {
  const settings = { temperature: 1, topP: 0.9, stop: ['You:'], model: 'm', maxTokens: null };
  expect(optionsOfReply({ temperature: 0 }, settings)).toEqual({ temperature: 0, topP: 0.9, stop: ['You:'] });
  expect(optionsOfReply({}, {})).toEqual({});
});
