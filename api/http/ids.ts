/** The form of an id: its prefix, and what a UUID or an older id may hold. Nothing else reaches the database. */
const formOf = (prefix: string) => new RegExp(`^${prefix}_[0-9A-Za-z-]{1,64}$`);

export const idForms = {
  chat: formOf('chat'),
  turn: formOf('turn'),
  document: formOf('doc'),
  change: formOf('chg'),
  character: formOf('chr'),
} as const;
