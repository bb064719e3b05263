import { signal } from '@preact/signals';
import { get } from './api.js';
import type { Turn } from './resources.js';

/** The part of a workflow's address before the turn's id; null where the service has no Temporal UI. */
const base = signal<string | null>(null);
let asked = false;

/** Where a turn's workflow is in the Temporal UI. All are in one place, so one turn is asked for it. */
export function workflowUrl(turnId: string): string | null {
  if (!asked) void ask(turnId);
  return base.value === null ? null : base.value + turnId;
}

async function ask(turnId: string): Promise<void> {
  asked = true;
  try {
    const { temporalUiUrl } = await get<Turn>(`/v1/turns/${turnId}`);
    if (temporalUiUrl?.endsWith(turnId)) base.value = temporalUiUrl.slice(0, -turnId.length);
  } catch {
    asked = false; // another turn is asked, when it is shown
  }
}
