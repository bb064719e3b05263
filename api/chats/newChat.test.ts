import { describe, expect, test } from '@jest/globals';
import { newChatBody, toNewChat } from './newChat.js';

const parse = (body: object) => {
  const { success, data, error } = newChatBody.safeParse(body);
  return success ? toNewChat(data) : error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
};

describe('the body of a new chat', () => {
  test('has the settings of a relay chat beside its kind, or below settings', () => {
    const settings = { persona: 'guide', sessionId: 's1' };
    const chat = { kind: 'relay', title: null, settings };
    expect(parse({ kind: 'relay', ...settings })).toEqual(chat);
    expect(parse({ kind: 'relay', settings })).toEqual(chat);
    expect(parse({ kind: 'relay', persona: 'guide', settings: { sessionId: 's1' } })).toEqual(chat);
  });

  test('names the persona of a relay chat in one of the two places, and not in both', () => {
    expect(parse({ kind: 'relay', sessionId: 's1' })).toEqual(['persona: is required']);
    const twice = { kind: 'relay', persona: 'guide', settings: { persona: 'guide' } };
    expect(parse(twice)).toEqual(['settings.persona: is given outside of settings too']);
  });

  test('takes options of turns below settings for the kinds that have no settings of their own', () => {
    const settings = { temperature: 0.2, stop: ['END'] };
    expect(parse({ kind: 'document', documentId: 'doc_1', settings })).toMatchObject({ settings });
    expect(parse({ kind: 'narrative', hostId: 'chr_1', settings })).toMatchObject({ settings });
    expect(parse({ kind: 'narrative', hostId: 'chr_1', settings: { model: 'm' } })).toEqual([
      expect.stringContaining('settings'),
    ]);
  });
});
