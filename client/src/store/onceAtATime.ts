/** Work that runs once at a time. A call while it runs makes it run once more. Errors go to `onError`. */
export function onceAtATime(work: () => Promise<void>, onError: (error: unknown) => void): () => Promise<void> {
  let running: Promise<void> | null = null;
  let again = false;

  async function run(): Promise<void> {
    do {
      again = false;
      await work().catch(onError);
    } while (again);
    running = null;
  }

  return () => {
    if (running) again = true;
    else running = run();
    return running ?? Promise.resolve();
  };
}
