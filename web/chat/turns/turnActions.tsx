import { useState } from 'preact/hooks';
import { nameOf, putChat } from '../../data/library.js';
import { notify, tryOrNotify } from '../../data/notices.js';
import { isDeveloper } from '../../data/preferences.js';
import { navigateTo } from '../../data/route.js';
import { service } from '../../data/service.js';
import type { OpenChat } from '../../data/stream/openChat.js';
import { workflowUrl } from '../../data/workflowUrl.js';
import { RewindDialog, TurnDetails } from '../../dialogs/lazyDialogs.js';
import { Icon } from '../../parts/icon.js';
import { t } from '../../strings/strings.js';
import type { Exchange } from '../../timeline/timeline.js';
import { copyText } from '../messages/copyText.js';
import { IconAction } from '../messages/iconAction.js';
import { currentTurnId, endSeqOf } from './exchangeIds.js';
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
    <fieldset class={isLast ? 'actions always' : 'actions'} aria-label={t().message.actions}>
      {exchange.hasVersions && <VersionPicker chat={chat} turnId={turnId} disabled={isBusy} />}
      {exchange.beats.length > 0 && (
        <IconAction
          icon="copy"
          label={t().message.copyReply}
          onClick={() => copyText(textOf(exchange), t().message.replyCopied)}
        />
      )}
      {!isBusy && <EditReply kind={kind} exchange={exchange} onEdit={onEdit} />}
      {isLast && !isBusy && isContinuable(kind, exchange) && (
        <IconAction icon="continue" label={t().message.continueReply} onClick={continueReply} />
      )}
      {isLast && !isBusy && <IconAction icon="regenerate" label={t().message.regenerate} onClick={regenerate} />}
      {!isBusy && !isLast && (
        <IconAction icon="rewind" label={t().message.rewind} onClick={() => setDialog('rewind')} />
      )}
      {!isBusy && <IconAction icon="fork" label={t().message.fork} onClick={fork} />}
      <IconAction icon="details" label={t().common.details} onClick={() => setDialog('details')} />
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
          label={beats.length === 1 ? t().message.editReply : t().message.editWhatSaid(nameOf(speakerId))}
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
      aria-label={t().message.workflow}
      title={t().message.workflow}
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
  notify(t().message.forked);
}
