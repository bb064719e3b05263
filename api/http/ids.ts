/** The form of an id: its prefix, then the characters of a UUID or an older id. Other ids do not reach the database. */
const formOf = (prefix: string) => new RegExp(`^${prefix}_[0-9A-Za-z-]{1,64}$`);

export const idForms = {
  chat: formOf('chat'),
  turn: formOf('turn'),
  document: formOf('doc'),
  change: formOf('chg'),
  character: formOf('chr'),
  attachment: formOf('att'),
} as const;
