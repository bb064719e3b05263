import type { WireHub, WireToken } from '../../../viewers/wire/wire.js';

/** Publishes until a value arrives, since what is published before both ends are connected is lost. */
export async function untilReceived<T>(
  publish: () => void,
  subscribe: (listener: (value: T) => void) => () => void,
): Promise<T> {
  let unsubscribe = () => {};
  const received = new Promise<T>((resolve) => {
    unsubscribe = subscribe(resolve);
  });
  const timer = setInterval(publish, 20);
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error('nothing arrived within 10 s')), 10_000).unref();
  });
  try {
    return await Promise.race([received, late]);
  } finally {
    clearInterval(timer);
    unsubscribe();
  }
}

/** Subscribes to the tokens of a hub. */
export const onToken = (hub: WireHub) => (listener: (token: WireToken) => void) =>
  hub.onItem((item) => {
    if (item.type === 'token') listener(item);
  });
