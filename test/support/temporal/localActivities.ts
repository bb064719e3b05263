import type { History } from './engine.js';

/**
 * The local activities of a workflow that were resolved in another order than that in which they were scheduled: they
 * ran side by side, so that a replay may resolve them in the other order. Named by type and sequence number.
 */
export function outOfOrder(history: History): string[] {
  const found: string[] = [];
  let newest = 0;
  for (const { seq, activity_type: type } of markersOf(history)) {
    if (seq < newest) found.push(`${type} (${seq} after ${newest})`);
    newest = Math.max(newest, seq);
  }
  return found;
}

type Marker = { seq: number; activity_type: string };

const markersOf = ({ events }: History): Marker[] =>
  (events ?? []).flatMap(({ markerRecordedEventAttributes: marker }) => {
    const data = marker?.details?.data?.payloads?.[0]?.data;
    if (marker?.markerName !== 'core_local_activity' || !data) return [];
    return [JSON.parse(Buffer.from(data).toString()) as Marker];
  });
