import { useState } from 'preact/hooks';
import { nameOf, putChat } from '../../data/library.js';
import { notify, tryOrNotify } from '../../data/notices.js';
import { isDeveloper } from '../../data/preferences.js';
import { navigateTo } from '../../data/route.js';
import { service } from '../../data/service.js';
import type { OpenChat } from '../../data/stream/openChat.js';
import { workflowUrl } from '../../data/workflowUrl.js';
import { Icon } from '../../parts/icon.js';
import type { Exchange } from '../../timeline/timeline.js';
import { RewindDialog } from '../dialogs/rewindDialog.js';
import { copyText } from '../messages/copyText.js';
import { IconAction } from '../messages/iconAction.js';
import { currentTurnId, endSeqOf } from './exchangeIds.js';
import { TurnDetails } from './turnDetails.js';
import { VersionPicker } from './versionPicker.js';

type TurnActionsProps = {
  chat: OpenChat;
  kind: string;
  exchange: Exchange;
  next: Exchange | undefined;
  isLast: boolean;
  /** A beat of the reply is to be edited. */
  onEdit(beat: number): void;
};

/** The actions on a reply. Always visible for the last turn, otherwise on hover and focus. */
export function TurnActions({ chat, kind, exchange, next, isLast, onEdit }: TurnActionsProps) {
  const isBusy = chat.isBusy.value;
  const [dialog, setDialog] = useState<'details' | 'rewind' | null>(null);
  const turnId = currentTurnId(exchange);
  if (turnId === '' || exchange.ends.size + exchange.beats.length === 0) return null;
  const regenerate = () => tryOrNotify(() => service.regenerate(turnId));
  const continueReply = () => tryOrNotify(() => service.continueReply(turnId));
  const fork = () => tryOrNotify(() => forkChat(chat.id, endSeqOf(exchange, next)));
  return (
    <fieldset class={isLast ? 'actions always' : 'actions'} aria-label="Message actions">
      {exchange.hasVersions && <VersionPicker chat={chat} turnId={turnId} disabled={isBusy} />}
      {exchange.beats.length > 0 && (
        <IconAction icon="copy" label="Copy reply" onClick={() => copyText(textOf(exchange), 'Reply copied.')} />
      )}
      {!isBusy && <EditReply kind={kind} exchange={exchange} onEdit={onEdit} />}
      {isLast && !isBusy && isContinuable(kind, exchange) && (
        <IconAction icon="continue" label="Continue reply" onClick={continueReply} />
      )}
      {isLast && !isBusy && <IconAction icon="regenerate" label="Regenerate" onClick={regenerate} />}
      {!isBusy && !isLast && <IconAction icon="rewind" label="Rewind to here" onClick={() => setDialog('rewind')} />}
      {!isBusy && <IconAction icon="fork" label="Fork" onClick={fork} />}
      <IconAction icon="details" label="Details" onClick={() => setDialog('details')} />
      {isDeveloper() && <WorkflowLink turnId={turnId} />}
      {dialog === 'details' && <TurnDetails turnId={turnId} onClose={() => setDialog(null)} />}
      {dialog === 'rewind' && (
        <RewindDialog chat={chat} toSeq={endSeqOf(exchange, next)} onClose={() => setDialog(null)} />
      )}
    </fieldset>
  );
}

/** The service refuses the others: an agent's text is parted by its calls. */
const isContinuable = (kind: string, { beats }: Exchange): boolean =>
  (kind === 'narrative' || kind === 'document') && beats.length === 1 && beats[0]?.text.trim() !== '';

/** One button for each beat. Changes that a reply proposes are parts of its text, so that it can't be edited. */
function EditReply({ kind, exchange, onEdit }: Pick<TurnActionsProps, 'kind' | 'exchange' | 'onEdit'>) {
  const { beats, changeIds } = exchange;
  if (kind === 'document' && changeIds && changeIds.length > 0) return null;
  return (
    <>
      {beats.map(({ beat, speakerId }) => (
        <IconAction
          key={beat}
          icon="edit"
          label={beats.length === 1 ? 'Edit reply' : `Edit what ${nameOf(speakerId)} said`}
          onClick={() => onEdit(beat)}
        />
      ))}
    </>
  );
}

function WorkflowLink({ turnId }: { turnId: string }) {
  const url = workflowUrl(turnId);
  if (!url) return null;
  return (
    <a
      class="icon-button action"
      href={url}
      target="_blank"
      rel="noopener noreferrer"
      aria-label="Workflow of this turn in the Temporal UI"
      title="Workflow of this turn in the Temporal UI"
    >
      <Icon name="workflow" />
    </a>
  );
}

const textOf = ({ beats }: Exchange): string => beats.map((beat) => beat.text).join('\n\n');

async function forkChat(chatId: string, atSeq: number): Promise<void> {
  const fork = await service.forkChat(chatId, atSeq);
  putChat(fork);
  navigateTo(fork.id);
  notify('This chat is a copy up to that message. The original chat was not changed.');
}
