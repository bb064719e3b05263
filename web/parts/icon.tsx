/** Outlines on a field of 16 by 16. */
const paths = {
  copy: 'M5.5 5.5v-3h8v8h-3m-8-5h8v8h-8z',
  check: 'm3 8.5 3.5 3.5L13 4.5',
  regenerate: 'M13.5 8a5.5 5.5 0 1 1-1.6-3.9L13.5 6m0-4v4h-4',
  edit: 'm3 13 .7-3L10.8 2.9l2.3 2.3L6 12.3zm6.3-8.6 2.3 2.3',
  continue: 'M2.5 4h11M2.5 8h6m-6 4h4m4-3.5 3 2.5-3 2.5z',
  rewind: 'M6 3 2.5 6.5 6 10m-3.5-3.5H10a3.5 3.5 0 0 1 0 7H6',
  fork: 'M4 2.5v11m0-4c0-3 8-1.5 8-5m0 0V2.5m-2 2 2-2 2 2',
  details: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12m0-7v4m0-6.2v.4',
  workflow: 'M6.5 3H3v10h10V9.5M9 2.5h4.5V7m0-4.5L7.5 8.5',
  write: 'm3 13 .7-3 5.6-5.6 2.3 2.3L6 12.3zm9.5-10.5v4m-2-2h4M9 13.5h4.5',
  stop: 'M4 4h8v8H4z',
  previous: 'M10 3 5 8l5 5',
  next: 'm6 3 5 5-5 5',
} as const;

export type IconName = keyof typeof paths;

/** A small picture beside or in place of a label. The element around it has the name. */
export const Icon = ({ name }: { name: IconName }) => (
  <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
    <path d={paths[name]} />
  </svg>
);
