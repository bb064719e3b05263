/** The share of arrivals that wait, of `servers` at this utilisation (Erlang C). 1 where they can't keep up. */
export function waitingShare(servers: number, utilisation: number): number {
  if (utilisation >= 1) return 1;
  const offered = servers * utilisation;
  // Erlang B, from no server upwards; it stays between 0 and 1 where factorials would not.
  let blocked = 1;
  for (let n = 1; n <= servers; n++) blocked = (offered * blocked) / (n + offered * blocked);
  return blocked / (1 - utilisation * (1 - blocked));
}

/** The wait that a share of arrivals do not exceed, in seconds, in a queue before `servers` of this service time (M/M/c). */
export function waitAt(share: number, servers: number, serviceSeconds: number, utilisation: number): number {
  const waiting = waitingShare(servers, utilisation);
  if (utilisation >= 1) return Number.POSITIVE_INFINITY;
  if (waiting <= 1 - share) return 0;
  return (Math.log(waiting / (1 - share)) * serviceSeconds) / (servers * (1 - utilisation));
}
