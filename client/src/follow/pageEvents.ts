type Target = {
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
};
type Page = Target & { document?: Target & { visibilityState?: string } };

/** Calls back when the network or the tab of a browser is back. Elsewhere it does nothing. Returns how to unsubscribe. */
export function onPageBack(back: () => void): () => void {
  const page = globalThis as Page;
  const { document } = page;
  const onVisible = () => document?.visibilityState === 'visible' && back();
  page.addEventListener?.('online', back);
  document?.addEventListener?.('visibilitychange', onVisible);
  return () => {
    page.removeEventListener?.('online', back);
    document?.removeEventListener?.('visibilitychange', onVisible);
  };
}
