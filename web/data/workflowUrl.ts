import { signal } from '@preact/signals';
import { service } from './service.js';

/** The address of workflows without the id at its end; null where the service has no Temporal UI, and until it is read. */
const baseUrl = signal<string | null>(null);
let isRequested = false;

/** The address of a turn's workflow in the Temporal UI. One turn is read to learn the part that all have in common. */
export function workflowUrl(turnId: string): string | null {
  if (!isRequested) void readBaseUrl(turnId);
  return baseUrl.value === null ? null : baseUrl.value + turnId;
}

async function readBaseUrl(turnId: string): Promise<void> {
  isRequested = true;
  try {
    const { temporalUiUrl } = await service.getTurn(turnId);
    if (temporalUiUrl?.endsWith(turnId)) baseUrl.value = temporalUiUrl.slice(0, -turnId.length);
  } catch {
    isRequested = false; // the next turn that is shown is read
  }
}
