import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useId, useRef } from 'preact/hooks';

export type Tab = { id: string; label: string; content: ComponentChildren };

/** Tabs that the arrow keys move between. The content of a tab stays mounted once it was shown, and keeps what was typed. */
export function Tabs({ label, tabs }: { label: string; tabs: readonly Tab[] }) {
  const base = useId();
  const chosen = useSignal(tabs[0]?.id ?? '');
  const shown = useRef(new Set<string>());
  const list = useRef<HTMLDivElement>(null);
  const current = tabs.some(({ id }) => id === chosen.value) ? chosen.value : (tabs[0]?.id ?? '');
  shown.current.add(current);

  function onKeyDown(event: KeyboardEvent) {
    const to = targetTab(event.key, tabs, current);
    if (!to) return;
    event.preventDefault();
    chosen.value = to;
    list.current?.querySelector<HTMLElement>(`[data-tab="${to}"]`)?.focus();
  }

  return (
    <>
      <div class="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={onKeyDown}>
        {tabs.map((tab) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            class="tab"
            id={`${base}-${tab.id}`}
            data-tab={tab.id}
            aria-selected={tab.id === current}
            aria-controls={`${base}-${tab.id}-panel`}
            tabIndex={tab.id === current ? 0 : -1}
            onClick={() => (chosen.value = tab.id)}
          >
            {tab.label}
          </button>
        ))}
      </div>
      {tabs.map((tab) => (
        <div
          key={tab.id}
          role="tabpanel"
          class="tab-panel"
          id={`${base}-${tab.id}-panel`}
          aria-labelledby={`${base}-${tab.id}`}
          hidden={tab.id !== current}
        >
          {shown.current.has(tab.id) ? tab.content : null}
        </div>
      ))}
    </>
  );
}

function targetTab(key: string, tabs: readonly Tab[], current: string): string | undefined {
  const at = tabs.findIndex(({ id }) => id === current);
  const last = tabs.length - 1;
  const targets: Record<string, number> = {
    ArrowRight: at === last ? 0 : at + 1,
    ArrowLeft: at === 0 ? last : at - 1,
    Home: 0,
    End: last,
  };
  const next = targets[key];
  return next === undefined ? undefined : tabs[next]?.id;
}
