/** A command that the rules do not allow. `path` names the field of the command that is wrong. */
export type Refusal<Code extends string> = { action: 'refuse'; code: Code; path: string | null };

export const refuse = <Code extends string>(code: Code, path: string | null = null): Refusal<Code> => ({
  action: 'refuse',
  code,
  path,
});
