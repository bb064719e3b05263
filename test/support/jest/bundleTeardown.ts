import { rm } from 'node:fs/promises';

/** Removes the bundles of this run. */
export default async function teardown(): Promise<void> {
  const { TEST_BUNDLES_WITHOUT_SERVERS: folder } = process.env;
  if (folder) await rm(folder, { recursive: true, force: true });
}
