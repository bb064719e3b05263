/** How many rows or events are gone through at once: a few milliseconds of work. */
export const stride = 5_000;

/** Lets everything else that waits run before long work goes on. */
export const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A list in parts of at most `stride`, with a breath before each. */
export async function* strides<T>(items: readonly T[]): AsyncGenerator<T[]> {
  for (let at = 0; at < items.length; at += stride) {
    await breathe();
    yield items.slice(at, at + stride);
  }
}
