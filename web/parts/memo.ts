import { type FunctionComponent, h } from 'preact';
import { useMemo } from 'preact/hooks';

/** A component that renders again only when one of its properties has changed: Preact skips a vnode that is the same. */
export function memo<P extends object>(component: FunctionComponent<P>): FunctionComponent<P> {
  return function Memo(props: P) {
    return useMemo(() => h(component, props), Object.values(props));
  };
}
