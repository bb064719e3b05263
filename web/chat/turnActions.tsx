import { useState } from 'preact/hooks';
import type { Chat } from '../../client/src/index.js';
import { post } from '../data/api.js';
import { putChat } from '../data/library.js';
import { notify, tryOrNotify } from '../data/notices.js';
import type { OpenChat } from '../data/openChat.js';
import { navigateTo } from '../data/route.js';
import { workflowUrl } from '../data/workflowUrl.js';
import type { Exchange } from '../timeline/timeline.js';
import { currentTurnId, endSeqOf } from './exchangeIds.js';
import { RewindDialog } from './rewindDialog.js';
import { TurnDetails } from './turnDetails.js';
import { VersionPicker } from './versionPicker.js';

type ActionsProps = {
  chat: OpenChat;
  exchange: Exchange;
  next: Exchange | undefined;
  isLast: boolean;
  onEdit(): void;
};

/** What can be done with a turn. Shown with the last one, and with any other that is pointed at or focused. */
export function Actions({ chat, exchange, next, isLast, onEdit }: ActionsProps) {
  const isBusy = chat.isBusy.value;
  const [asked, setAsked] = useState<'details' | 'rewind' | null>(null);
  const turnId = currentTurnId(exchange);
  const url = workflowUrl(turnId);
  const hasReply = exchange.beats.length > 0;
  const text = exchange.beats.map((beat) => beat.text).join('\n\n');
  if (turnId === '') return null;
  const regenerate = () => tryOrNotify(() => post(`/v1/turns/${turnId}/regenerate`));
  const fork = () =>
    tryOrNotify(async () => {
      const made = await post<Chat>(`/v1/chats/${chat.id}/fork`, { atSeq: endSeqOf(exchange, next) });
      putChat(made);
      navigateTo(made.id);
      notify('This is a copy up to that point. The chat it came from is as it was.');
    });
  const copy = () => tryOrNotify(() => navigator.clipboard.writeText(text)).then((ok) => ok && notify('Copied.'));
  return (
    <fieldset class={isLast ? 'actions always' : 'actions'} aria-label="This turn">
      {exchange.hasVersions && <VersionPicker turnId={turnId} disabled={isBusy} />}
      {isLast && !isBusy && exchange.ends.size + exchange.beats.length > 0 && (
        <Action words="Regenerate" onClick={regenerate} />
      )}
      {!isBusy && exchange.prose && <Action words="Edit" onClick={onEdit} />}
      {hasReply && <Action words="Copy" onClick={copy} />}
      {!isBusy && !isLast && <Action words="Rewind to here" onClick={() => setAsked('rewind')} />}
      {!isBusy && <Action words="Fork" onClick={fork} />}
      <Action words="Details" onClick={() => setAsked('details')} />
      {url && (
        <a
          class="quiet"
          href={url}
          target="_blank"
          rel="noopener noreferrer"
          title="This turn's workflow in the Temporal UI"
        >
          Workflow ↗
        </a>
      )}
      {asked === 'details' && <TurnDetails turnId={turnId} onClose={() => setAsked(null)} />}
      {asked === 'rewind' && (
        <RewindDialog chat={chat} toSeq={endSeqOf(exchange, next)} onClose={() => setAsked(null)} />
      )}
    </fieldset>
  );
}

function Action({ words, onClick }: { words: string; onClick(): void }) {
  return (
    <button type="button" class="quiet" onClick={onClick}>
      {words}
    </button>
  );
}
