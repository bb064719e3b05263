import { signal } from '@preact/signals';
import type { ServiceFacts } from '../../client/src/index.js';
import { service } from './service.js';

/** What this service can do; null until it is read, and where the service is older than the page. */
export const facts = signal<ServiceFacts | null>(null);

export async function loadFacts(): Promise<void> {
  facts.value = await service.getFacts();
}
