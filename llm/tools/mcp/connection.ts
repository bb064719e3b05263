import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../../../lib/backoff.js';
import type { ToolResult } from '../builtins.js';
import { ToolFailed } from '../toolResult.js';
import { isConnectionLost, isUnsent, toToolFailure } from './callErrors.js';
import { createKnownTools, type KnownToolsOptions } from './knownTools.js';
import { resultText } from './resultText.js';
import { type McpServer, toolSource } from './server.js';
import { openSession, type Session } from './session.js';

/** Pauses between tries to start a server that does not start, or that ends before it has answered a call. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** The pause before a server that has never listed its tools is tried again. */
const RETRY_MS = 10_000;
/** A call waits no longer for the next try. */
const CALL_WAITS_MS = 5_000;
/** How often a call is made that the server is known to have refused, or not to have received. */
const MAX_TRIES = 4;
/** A session from the moment on that it is asked for. */
type Opening = { session: Promise<Session>; opened: Session | null };

/** The connection to one server. Its tools stay listed when it is lost; the next call connects again. */
export function createConnection(server: McpServer, options: KnownToolsOptions) {
  const closing = new AbortController();
  const known = createKnownTools(server, options, closing.signal);
  let current: Opening | null = null;
  /** Failures in a row without an answered call, and when the next try may begin. */
  let failures = 0;
  let nextAt = 0;
  let retry: NodeJS.Timeout | undefined;
  /** The check of a server that let a call time out. Later calls wait for it. */
  let checking: Promise<void> = Promise.resolve();

  function open(): Promise<Session> {
    current ??= start();
    return current.session;
  }

  function start(): Opening {
    const own: Opening = {
      session: begin(
        (session) => (own.opened = session),
        () => endOf(own),
      ),
      opened: null,
    };
    return own;
  }

  /** Counts the end of a session that was not closed on purpose. */
  function endOf(own: Opening): void {
    if (current !== own) return;
    current = null;
    const isFirst = own.opened !== null && failures === 0;
    nextAt = Date.now() + (isFirst ? 0 : backoffMs(failures, FIRST_PAUSE_MS, LONGEST_PAUSE_MS));
    failures += 1;
  }

  async function begin(opened: (session: Session) => void, ended: () => void): Promise<Session> {
    try {
      await delay(Math.max(0, nextAt - Date.now()), undefined, { signal: closing.signal, ref: false });
      const toolsChanged = () => known.readLater(() => current?.session);
      const session = await openSession(server, { closed: ended, toolsChanged }, closing.signal);
      await known.read(session.client).catch(async (error: unknown) => {
        await session.close();
        throw error;
      });
      opened(session);
      return session;
    } catch (error) {
      ended();
      if (closing.signal.aborted) throw error;
      options.log.warn({ server: server.name, err: error }, 'an MCP server can not be reached');
      // Until it has listed its tools, no call can ask for it.
      if (known.tools.size === 0) retry = setTimeout(() => open().catch(() => undefined), RETRY_MS).unref();
      throw error;
    }
  }

  /** Ends a session whose server has let a call time out and does not answer a ping either. */
  async function endIfStuck(session: Session): Promise<void> {
    if (current?.opened !== session || !(await session.isStuck()) || current?.opened !== session) return;
    endOf(current);
    options.log.warn({ server: server.name }, 'an MCP server does not answer and is started again');
    void session.close();
  }

  async function reach(): Promise<Session> {
    await checking;
    const unreachable = () => new ToolFailed(`The MCP server ${server.name} can not be reached.`);
    if (nextAt - Date.now() > CALL_WAITS_MS) throw unreachable();
    return open().catch(() => Promise.reject(unreachable()));
  }

  /** Makes a call once. Gives the error where the call can be made again: the server did not run it. */
  async function tryCall(
    remote: string,
    sent: Record<string, unknown>,
    { signal, isFirst }: { signal: AbortSignal; isFirst: boolean },
  ): Promise<{ done: ToolResult } | { refused: unknown }> {
    let session: Session;
    try {
      session = await reach();
    } catch (refused) {
      return { refused };
    }
    signal.throwIfAborted();
    try {
      const answer = await session.call(remote, sent, { signal, timeout: server.timeoutMs + 1_000 });
      failures = 0;
      return { done: { success: answer.isError !== true, content: resultText(answer) } };
    } catch (error) {
      const mayRepeat = isFirst && server.idempotent && isConnectionLost(error);
      if (isLate(signal)) checking = endIfStuck(session);
      if (signal.aborted || !(session.isLost(error) || isUnsent(error) || mayRepeat)) throw error;
      if (current?.opened === session) current = null;
      session.retire();
      return { refused: error };
    }
  }

  return {
    source: toolSource(server),
    tools: known.tools,
    open,
    async call(name: string, sent: Record<string, unknown>, signal: AbortSignal): Promise<ToolResult> {
      const tool = known.tools.get(name);
      if (!tool) throw new Error(`the MCP server ${server.name} has no tool ${name}`);
      for (let tries = 1; ; tries++) {
        const tried = await tryCall(tool.remote, sent, { signal, isFirst: tries === 1 }).catch((error: unknown) => {
          throw toToolFailure(error);
        });
        if ('done' in tried) return tried.done;
        if (tries === MAX_TRIES || signal.aborted) throw toToolFailure(tried.refused);
      }
    },
    async close() {
      closing.abort();
      clearTimeout(retry);
      known.stop();
      const session = await current?.session.catch(() => null);
      await session?.close();
    },
  };
}

/** Whether a call was ended by its time limit, and not by a stop. */
const isLate = ({ aborted, reason }: AbortSignal): boolean =>
  aborted && reason instanceof DOMException && reason.name === 'TimeoutError';
