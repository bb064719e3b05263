import { type FunctionComponent, h } from 'preact';
import { useMemo } from 'preact/hooks';

/** Renders anew only when a property is another one; the same vnode is no work for Preact. */
export function memo<P extends object>(component: FunctionComponent<P>): FunctionComponent<P> {
  return function Memo(props: P) {
    return useMemo(() => h(component, props), Object.values(props));
  };
}
