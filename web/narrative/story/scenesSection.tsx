import { useSignal } from '@preact/signals';
import type { Scene } from '../../../client/src/index.js';
import { nameOf } from '../../data/library.js';
import { tryOrNotify } from '../../data/notices.js';
import { service } from '../../data/service.js';
import type { OpenChat } from '../../data/stream/openChat.js';
import { bind, SubmitRow, TextField, useSubmission } from '../../dialogs/fields.js';
import { QueryStatus, Section } from '../../panel/section.js';
import { t } from '../../strings/strings.js';
import { useScenes } from './useScenes.js';

export function ScenesSection({ chat }: { chat: OpenChat }) {
  const query = useScenes(chat);
  const scenes = query.value.value;
  const open = scenes?.find(({ status }) => status === 'open');
  const closed = scenes?.filter(({ status }) => status === 'closed').toReversed() ?? [];
  return (
    <Section title={t().narrative.scene}>
      <QueryStatus query={query} notRead={t().narrative.notRead.scenes} />
      {open ? <OpenScene chatId={chat.id} scene={open} onEnded={query.refresh} /> : null}
      {scenes && !open ? <NewScene chatId={chat.id} onStarted={query.refresh} /> : null}
      {closed.length > 0 ? (
        <details class="closed-scenes">
          <summary>{t().narrative.pastScenes(closed.length)}</summary>
          <ol class="cards">
            {closed.map((scene) => (
              <li key={scene.id}>
                <PastScene scene={scene} />
              </li>
            ))}
          </ol>
        </details>
      ) : null}
    </Section>
  );
}

function OpenScene({ chatId, scene, onEnded }: { chatId: string; scene: Scene; onEnded(): void }) {
  const isEnding = useSignal(false);
  const end = async () => {
    isEnding.value = true;
    await tryOrNotify(() => service.closeScene(chatId));
    onEnded();
    isEnding.value = false;
  };
  return (
    <article class="card">
      <p class="plain">{scene.container}</p>
      <footer class="row between">
        <span class="hint">{t().narrative.startedAt(t().formats.time(scene.openedAt))}</span>
        <button type="button" class="button" disabled={isEnding.value} onClick={() => void end()}>
          {t().narrative.endScene}
        </button>
      </footer>
    </article>
  );
}

function NewScene({ chatId, onStarted }: { chatId: string; onStarted(): void }) {
  const form = useSignal({ container: '' });
  const submission = useSubmission(async () => {
    await service.openScene(chatId, form.peek().container.trim());
    form.value = { container: '' };
    onStarted();
  });
  return (
    <form class="form" onSubmit={submission.onSubmit}>
      <p class="hint">{t().narrative.noScene}</p>
      <TextField label={t().narrative.nextScene} required max={1_000} {...bind(form, 'container')} />
      <SubmitRow submission={submission} action={t().narrative.startScene} />
    </form>
  );
}

function PastScene({ scene: { container, openedAt, endedAt, summaries } }: { scene: Scene }) {
  const summariesByCharacter = Object.entries(summaries);
  return (
    <article class="card">
      <h4 class="plain">{container}</h4>
      <p class="hint">
        {endedAt
          ? t().narrative.sceneTimes(t().formats.time(openedAt), t().formats.time(endedAt))
          : t().formats.time(openedAt)}
      </p>
      {summariesByCharacter.length === 0 ? <p class="hint">{t().narrative.noSummary}</p> : null}
      {summariesByCharacter.map(([povId, summary]) => (
        <div key={povId} class="view">
          <h5>{t().narrative.remembers(nameOf(povId))}</h5>
          <p class="plain">{summary}</p>
        </div>
      ))}
    </article>
  );
}
