import { bundleTests, testFolders } from './bundleTests.js';

/** `bundleWithoutServers.ts FOLDER`, for `bundleSetup.ts`. */
const [, , folder] = process.argv;
if (!folder) throw new Error('bundleWithoutServers.ts needs a folder');
await bundleTests(folder, testFolders.withoutServers);
