import { type ReadonlySignal, signal } from '@preact/signals';

/** How often a script is requested, where the network fails. */
const maxRequests = 3;

/**
 * A script that is loaded when it is first needed: reading `module` requests it, and is null until it has arrived.
 * Where it can't be loaded, what needs it stays without.
 */
export function onDemand<T>(load: () => Promise<T>): { readonly module: T | null } {
  const loaded = signal<T | null>(null);
  const reading: ReadonlySignal<T | null> = loaded;
  let requests = 0;
  let isLoading = false;
  const request = async () => {
    if (isLoading || requests >= maxRequests) return;
    isLoading = true;
    requests += 1;
    try {
      loaded.value = await load();
    } catch {
      // The text is readable without; the next one that needs the script requests it again.
    }
    isLoading = false;
  };
  return {
    get module() {
      if (reading.value === null) void request();
      return reading.value;
    },
  };
}
