import { describe, expect, it } from '@jest/globals';
import { createPlaces } from './places.js';

describe('places', () => {
  it('are counted per owner, and free again when they are left', () => {
    const places = createPlaces(2);
    const leave = places.take('ann');
    expect(places.take('ann')).not.toBeNull();
    expect(places.take('ann')).toBeNull();
    expect(places.take('ben')).not.toBeNull();
    leave?.();
    expect(places.take('ann')).not.toBeNull();
  });

  it('are freed once, however often they are left', () => {
    const places = createPlaces(2);
    const [first, second] = [places.take('ann'), places.take('ann')];
    first?.();
    first?.();
    expect(places.take('ann')).not.toBeNull();
    expect(places.take('ann')).toBeNull();
    second?.();
  });
});
