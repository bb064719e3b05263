import { useState } from 'preact/hooks';
import { putChat } from '../data/library.js';
import { notify, tryOrNotify } from '../data/notices.js';
import type { OpenChat } from '../data/openChat.js';
import { navigateTo } from '../data/route.js';
import { service } from '../data/service.js';
import { workflowUrl } from '../data/workflowUrl.js';
import type { Exchange } from '../timeline/timeline.js';
import { currentTurnId, endSeqOf } from './exchangeIds.js';
import { RewindDialog } from './rewindDialog.js';
import { TurnDetails } from './turnDetails.js';
import { VersionPicker } from './versionPicker.js';

type TurnActionsProps = {
  chat: OpenChat;
  exchange: Exchange;
  next: Exchange | undefined;
  isLast: boolean;
  onEdit(): void;
};

/** The actions on a turn. Always visible for the last turn, otherwise on hover and focus. */
export function TurnActions({ chat, exchange, next, isLast, onEdit }: TurnActionsProps) {
  const isBusy = chat.isBusy.value;
  const [dialog, setDialog] = useState<'details' | 'rewind' | null>(null);
  const turnId = currentTurnId(exchange);
  if (turnId === '') return null;
  const regenerate = () => tryOrNotify(() => service.regenerate(turnId));
  const fork = () => tryOrNotify(() => forkChat(chat.id, endSeqOf(exchange, next)));
  return (
    <fieldset class={isLast ? 'actions always' : 'actions'} aria-label="Message actions">
      {exchange.hasVersions && <VersionPicker turnId={turnId} disabled={isBusy} />}
      {isLast && !isBusy && exchange.ends.size + exchange.beats.length > 0 && (
        <Action label="Regenerate" onClick={regenerate} />
      )}
      {!isBusy && exchange.prose && <Action label="Edit" onClick={onEdit} />}
      {exchange.beats.length > 0 && <Action label="Copy" onClick={() => copyReply(exchange)} />}
      {!isBusy && !isLast && <Action label="Rewind to here" onClick={() => setDialog('rewind')} />}
      {!isBusy && <Action label="Fork" onClick={fork} />}
      <Action label="Details" onClick={() => setDialog('details')} />
      <WorkflowLink turnId={turnId} />
      {dialog === 'details' && <TurnDetails turnId={turnId} onClose={() => setDialog(null)} />}
      {dialog === 'rewind' && (
        <RewindDialog chat={chat} toSeq={endSeqOf(exchange, next)} onClose={() => setDialog(null)} />
      )}
    </fieldset>
  );
}

function Action({ label, onClick }: { label: string; onClick(): void }) {
  return (
    <button type="button" class="quiet" onClick={onClick}>
      {label}
    </button>
  );
}

function WorkflowLink({ turnId }: { turnId: string }) {
  const url = workflowUrl(turnId);
  if (!url) return null;
  return (
    <a
      class="quiet"
      href={url}
      target="_blank"
      rel="noopener noreferrer"
      title="Open the workflow of this turn in the Temporal UI"
    >
      Workflow ↗
    </a>
  );
}

async function copyReply({ beats }: Exchange): Promise<void> {
  const text = beats.map((beat) => beat.text).join('\n\n');
  if (await tryOrNotify(() => navigator.clipboard.writeText(text))) notify('Reply copied.');
}

async function forkChat(chatId: string, atSeq: number): Promise<void> {
  const fork = await service.forkChat(chatId, atSeq);
  putChat(fork);
  navigateTo(fork.id);
  notify('This chat is a copy up to that message. The original chat was not changed.');
}
