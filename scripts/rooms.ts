/** The folders that hold the service's own code. DESIGN.md's table says what each may import; lint enforces it. */
export const rooms = [
  'activities',
  'api',
  'db',
  'domain',
  'engine',
  'lib',
  'llm',
  'telemetry',
  'viewers',
  'web',
  'worker',
  'workflows',
] as const;
