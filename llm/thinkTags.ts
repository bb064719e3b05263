/** The tags that models write around their thinking where the server does not separate it from the text. */
export const tags = [
  ...['think', 'thinking', 'thought', 'seed:think'].map((name) => ({ open: `<${name}>`, close: `</${name}>` })),
  { open: '[THINK]', close: '[/THINK]' },
  { open: '◁think▷', close: '◁/think▷' },
];
/** The ends of blocks that the templates of some models begin in the prompt. */
export const loneEnds = ['</think>', '</seed:think>', '[/THINK]', '◁/think▷'];

/** How many code units at the end of the text may be the beginning of the tag. */
export function lengthOfBeginning(text: string, tag: string): number {
  for (let length = Math.min(tag.length - 1, text.length); length > 0; length--)
    if (tag.startsWith(text.slice(-length))) return length;
  return 0;
}
