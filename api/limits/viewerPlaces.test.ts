import { describe, expect, it } from '@jest/globals';
import { createViewerPlaces } from './viewerPlaces.js';

describe('the places of viewers', () => {
  it('are counted for each owner, and can be taken again after they were freed', () => {
    const places = createViewerPlaces(2);
    const free = places.take('ann');
    expect(places.take('ann')).not.toBeNull();
    expect(places.take('ann')).toBeNull();
    expect(places.take('ben')).not.toBeNull();
    free?.();
    expect(places.take('ann')).not.toBeNull();
  });

  it('are freed once, however often free is called', () => {
    const places = createViewerPlaces(2);
    const [first, second] = [places.take('ann'), places.take('ann')];
    first?.();
    first?.();
    expect(places.take('ann')).not.toBeNull();
    expect(places.take('ann')).toBeNull();
    second?.();
  });
});
