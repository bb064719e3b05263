/** Runs `work` one at a time: calls while it runs cause one more run after it, however many they are. */
export function coalesced(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let isRequested = false;

  async function run(): Promise<void> {
    do {
      isRequested = false;
      await work();
    } while (isRequested);
    running = null;
  }

  return () => {
    if (running) isRequested = true;
    else running = run();
    return running;
  };
}
