/** A state of a reply on the page. `node` identifies the element; `text` is null when the element was removed. */
export type ReplyState = {
  load: string;
  key: string;
  node: number;
  text: string | null;
  streaming: boolean;
  lost: boolean;
};

/**
 * Runs in the page before its own script, and reports each state of each reply, each text of the live region, each
 * violation of the content security policy and each long task to the binding `report`.
 */
export const pageProbes = `(() => {
  const load = String(performance.timeOrigin);
  const nodes = new WeakMap();
  const states = new Map();
  let count = 0;
  let announced = '';
  const numberOf = (element) => {
    if (!nodes.has(element)) nodes.set(element, ++count);
    return nodes.get(element);
  };
  const reportState = (state) => {
    const before = states.get(state.key);
    if (before && JSON.stringify(before) === JSON.stringify(state)) return;
    states.set(state.key, state);
    report('reply', state);
  };
  const inspect = () => {
    const present = new Set();
    for (const beat of document.querySelectorAll('article.beat[data-turn]')) {
      const key = beat.dataset.turn + ':' + beat.dataset.beat;
      const text = [...beat.querySelectorAll('.prose')].map((prose) => prose.textContent).join('');
      present.add(key);
      reportState({ load, key, node: numberOf(beat), text, streaming: beat.classList.contains('streaming'),
        lost: beat.classList.contains('lost') });
    }
    for (const [key, state] of states) {
      if (!present.has(key) && state.text !== null) reportState({ ...state, text: null });
    }
    const liveText = document.querySelector('[role=log]')?.textContent ?? '';
    if (liveText !== announced) report('announced', liveText);
    announced = liveText;
  };
  new MutationObserver(inspect).observe(document, {
    subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ['class'],
  });
  addEventListener('securitypolicyviolation', (event) =>
    report('breach', event.effectiveDirective + ' ' + event.blockedURI));
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) report('longTask', Math.round(entry.duration));
  }).observe({ type: 'longtask', buffered: true });
})();`;
