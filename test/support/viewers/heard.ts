/** Publishes until one arrives, since what is published before both ends are there is lost. */
export async function untilHeard<T>(
  publish: () => void,
  listen: (heard: (value: T) => void) => () => void,
): Promise<T> {
  let unlisten = () => {};
  const heard = new Promise<T>((resolve) => {
    unlisten = listen(resolve);
  });
  const timer = setInterval(publish, 20);
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error('nothing was heard within 10 s')), 10_000).unref();
  });
  try {
    return await Promise.race([heard, late]);
  } finally {
    clearInterval(timer);
    unlisten();
  }
}
