import type { ComponentChildren } from 'preact';
import type { End } from '../../../domain/timeline/timeline.js';
import { tryOrNotify } from '../../data/notices.js';
import { service } from '../../data/service.js';
import type { OpenChat } from '../../data/stream/openChat.js';
import { t } from '../../strings/strings.js';
import type { Exchange } from '../../timeline/timeline.js';
import { FailureBox } from './failureBox.js';

type EndsProps = { chat: OpenChat; exchange: Exchange; isLast: boolean };

/**
 * Why turns ended without a reply, and a button to try again. Where there is a reply, only the newest attempt to replace
 * the last one counts.
 */
export function EndsWithoutReply({ chat, exchange, isLast }: EndsProps) {
  const newest = exchange.turnIds.at(-1);
  const hasReply = exchange.beats.length > 0;
  const ends = [...exchange.ends.values()].filter(({ turnId, status }) =>
    hasReply ? isLast && turnId === newest && status === 'failed' && !hasBeat(exchange, turnId) : true,
  );
  return (
    <>
      {ends.map((end) => (
        <EndWithoutReply key={end.turnId} end={end} hasReply={hasReply}>
          {isLast && end.turnId === newest && <TryAgain chat={chat} turnId={end.turnId} />}
        </EndWithoutReply>
      ))}
    </>
  );
}

const hasBeat = ({ beats }: Exchange, turnId: string) => beats.some((beat) => beat.turnId === turnId);

type EndProps = { end: End; hasReply: boolean; children: ComponentChildren };

function EndWithoutReply({ end: { status, error }, hasReply, children }: EndProps) {
  if (error) {
    return (
      <FailureBox error={error}>
        {hasReply && <p>{t().message.earlierKept}</p>}
        {children}
      </FailureBox>
    );
  }
  return status === 'cancelled' ? <p class="beat-note hint">{t().message.stoppedBefore}</p> : null;
}

/** Has a message answered again, once no turn runs or waits. */
export function TryAgain({ chat, turnId }: { chat: OpenChat; turnId: string }) {
  if (chat.isBusy.value) return null;
  return (
    <button type="button" class="button" onClick={() => tryOrNotify(() => service.regenerate(turnId))}>
      {t().common.tryAgain}
    </button>
  );
}
