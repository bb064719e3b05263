import { useEffect, useState } from 'preact/hooks';
import { tryOrNotify } from '../data/notices.js';
import { Icon } from '../parts/icon.js';
import { memo } from '../parts/memo.js';
import { t } from '../strings/strings.js';
import type { CodePiece } from './highlighter.js';
import { onDemand } from './onDemand.js';

const highlighter = onDemand(() => import('./highlighter.js'));

/** Longer code keeps one colour: the highlighter would hold up the page. In UTF-16 code units. */
const maxHighlighted = 20_000;
/** Code that is still being written gets its colours in its first pause. */
const pauseMs = 150;

/** Code with the name of its language, colours where the language is known, and a button that copies it. */
export const CodeBlock = memo(function CodeBlock({ code, language }: { code: string; language: string }) {
  const text = code.replace(/\n$/, '');
  const pieces = useHighlighted(text, language.toLowerCase());
  const label = language === '' ? t().chat.code : t().chat.codeIn(language);
  return (
    <figure class="code-block" aria-label={label}>
      <figcaption>
        <span>{language}</span>
        <CopyButton text={text} />
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre tabIndex={0} dir="ltr">
        <code>
          {pieces.map(({ kind, text: piece }, at) =>
            kind === null ? (
              piece
            ) : (
              <span key={at} class={`code-${kind}`}>
                {piece}
              </span>
            ),
          )}
        </code>
      </pre>
    </figure>
  );
});

/** The pieces of a code; one plain piece until the highlighter has arrived and the code rests. */
function useHighlighted(code: string, language: string): readonly CodePiece[] {
  const [done, setDone] = useState<{ code: string; pieces: readonly CodePiece[] } | null>(null);
  const isWanted = language !== '' && code.length <= maxHighlighted;
  const module = isWanted ? highlighter.module : null;
  useEffect(() => {
    if (!module) return;
    const timer = setTimeout(() => setDone({ code, pieces: module.highlight(code, language) }), pauseMs);
    return () => clearTimeout(timer);
  }, [module, code, language]);
  return done?.code === code ? done.pieces : [{ kind: null, text: code }];
}

/** Shows for a moment that the text was copied. */
function CopyButton({ text }: { text: string }) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), 2_000);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async () => setCopied(await tryOrNotify(() => navigator.clipboard.writeText(text)));
  const label = isCopied ? t().chat.copied : t().chat.copyCode;
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} onClick={copy}>
      <Icon name={isCopied ? 'check' : 'copy'} />
    </button>
  );
}
