import type { ServerResponse } from 'node:http';

const broken = new WeakSet<ServerResponse>();

/** Closes the connection of a response before its end, so that its client does not take it for a whole one. */
export function breakResponse(response: ServerResponse): void {
  noteBroken(response);
  response.destroy();
}

/** Notes that the server closes the connection of a response. Call it before the connection is closed. */
export const noteBroken = (response: ServerResponse): void => void broken.add(response);

/** Whether the server, and not the client, has closed the connection of a response before its end. */
export const isBrokenHere = (response: ServerResponse): boolean => broken.has(response);
