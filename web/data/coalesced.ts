/** Does work once for many wishes: those that come while it is done are one more round after it. */
export function coalesced(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let again = false;

  async function rounds(): Promise<void> {
    do {
      again = false;
      await work();
    } while (again);
    running = null;
  }

  return () => {
    if (running) again = true;
    else running = rounds();
    return running;
  };
}
