import { describe, expect, it } from '@jest/globals';
import { decideSettings } from './settings.js';

describe('a change of the settings of a chat', () => {
  const settings = { model: 'a', enabledTools: ['calculate'], temperature: 0 };

  it('has only what differs', () => {
    expect(decideSettings({ model: 'b', temperature: 0, enabledTools: ['calculate'] }, settings)).toEqual({
      model: 'b',
    });
  });

  it('names a setting that goes back to the default as null', () => {
    expect(decideSettings({ model: null, enabledTools: [] }, settings)).toEqual({ model: null, enabledTools: [] });
  });

  it('is empty where a setting that was never made is taken away', () => {
    expect(decideSettings({ systemPrompt: null, providerId: undefined }, settings)).toEqual({});
  });
});
