import { useMemo } from 'preact/hooks';
import { CodeBlock } from './codeBlock.js';
import { TextWithLinks } from './textWithLinks.js';
import { userParts } from './userParts.js';

/** A message of the user as it was typed, with its addresses as links and its fenced code as code. */
export function UserText({ text }: { text: string }) {
  const parts = useMemo(() => userParts(text), [text]);
  return (
    <div class="user-text">
      {parts.map((part, at) =>
        part.type === 'code' ? (
          <CodeBlock key={at} code={part.text} language={part.language} />
        ) : (
          <div key={at} dir="auto">
            <TextWithLinks text={part.text} />
          </div>
        ),
      )}
    </div>
  );
}
