import { useSignal } from '@preact/signals';
import type { Scene } from '../../client/src/index.js';
import { post } from '../data/api.js';
import { nameOf } from '../data/library.js';
import { tryOrNotify } from '../data/notices.js';
import type { OpenChat } from '../data/openChat.js';
import { bind, SubmitRow, TextField, useSubmission } from '../dialogs/fields.js';
import { Section, Waiting } from '../panel/section.js';
import { formatTime } from '../parts/labels.js';
import { useScenes } from './useScenes.js';

export function Scenes({ chat }: { chat: OpenChat }) {
  const followed = useScenes(chat);
  const scenes = followed.value.value;
  const open = scenes?.find(({ status }) => status === 'open');
  const closed = scenes?.filter(({ status }) => status === 'closed').toReversed() ?? [];
  return (
    <Section title="Scene">
      <Waiting followed={followed} what="Scenes" />
      {open ? <OpenScene chatId={chat.id} scene={open} onClosed={followed.refresh} /> : null}
      {scenes && !open ? <NewScene chatId={chat.id} onOpened={followed.refresh} /> : null}
      {closed.length > 0 ? (
        <details class="closed-scenes">
          <summary>{closed.length === 1 ? 'One scene is over' : `${closed.length} scenes are over`}</summary>
          <ol class="cards">
            {closed.map((scene) => (
              <li key={scene.id}>
                <ClosedScene scene={scene} />
              </li>
            ))}
          </ol>
        </details>
      ) : null}
    </Section>
  );
}

function OpenScene({ chatId, scene, onClosed }: { chatId: string; scene: Scene; onClosed(): void }) {
  const busy = useSignal(false);
  const close = async () => {
    busy.value = true;
    await tryOrNotify(() => post(`/v1/chats/${chatId}/scenes/current/close`));
    onClosed();
    busy.value = false;
  };
  return (
    <article class="card">
      <p class="plain">{scene.container}</p>
      <footer class="row between">
        <span class="hint">Open since {formatTime(scene.openedAt)}</span>
        <button type="button" class="button" disabled={busy.value} onClick={() => void close()}>
          Close scene
        </button>
      </footer>
    </article>
  );
}

function NewScene({ chatId, onOpened }: { chatId: string; onOpened(): void }) {
  const form = useSignal({ container: '' });
  const submission = useSubmission(async () => {
    await post(`/v1/chats/${chatId}/scenes`, { container: form.peek().container.trim() });
    form.value = { container: '' };
    onOpened();
  });
  return (
    <form class="form" onSubmit={submission.onSubmit}>
      <p class="hint">No scene is open. When one closes, each character keeps a summary of it.</p>
      <TextField label="Where the next scene takes place" required max={1_000} {...bind(form, 'container')} />
      <SubmitRow submission={submission} action="Open scene" />
    </form>
  );
}

function ClosedScene({ scene: { container, openedAt, endedAt, summaries } }: { scene: Scene }) {
  const views = Object.entries(summaries);
  return (
    <article class="card">
      <h4 class="plain">{container}</h4>
      <p class="hint">
        {formatTime(openedAt)}
        {endedAt ? ` to ${formatTime(endedAt)}` : null}
      </p>
      {views.length === 0 ? <p class="hint">There is no summary.</p> : null}
      {views.map(([povId, summary]) => (
        <div key={povId} class="view">
          <h5>As {nameOf(povId)} saw it</h5>
          <p class="plain">{summary}</p>
        </div>
      ))}
    </article>
  );
}
