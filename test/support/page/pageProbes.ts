/** A state that a reply was in on the page. `node` is another number for another element; `text` null: it was gone. */
export type ShownReply = {
  load: string;
  key: string;
  node: number;
  text: string | null;
  streaming: boolean;
  lost: boolean;
};

/**
 * Runs in the page before its own script, and tells `report` of what the page does: each state of each reply, each
 * text of the live region, each breach of the page's policy, each long task.
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
  const tell = (state) => {
    const before = states.get(state.key);
    if (before && JSON.stringify(before) === JSON.stringify(state)) return;
    states.set(state.key, state);
    report('reply', state);
  };
  const look = () => {
    const there = new Set();
    for (const beat of document.querySelectorAll('article.beat[data-turn]')) {
      const key = beat.dataset.turn + ':' + beat.dataset.beat;
      const text = [...beat.querySelectorAll('.prose')].map((prose) => prose.textContent).join('');
      there.add(key);
      tell({ load, key, node: numberOf(beat), text, streaming: beat.classList.contains('streaming'),
        lost: beat.classList.contains('lost') });
    }
    for (const [key, state] of states) {
      if (!there.has(key) && state.text !== null) tell({ ...state, text: null });
    }
    const words = document.querySelector('[role=log]')?.textContent ?? '';
    if (words !== announced) report('announced', words);
    announced = words;
  };
  new MutationObserver(look).observe(document, {
    subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ['class'],
  });
  addEventListener('securitypolicyviolation', (event) =>
    report('breach', event.effectiveDirective + ' ' + event.blockedURI));
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) report('longTask', Math.round(entry.duration));
  }).observe({ type: 'longtask', buffered: true });
})();`;
