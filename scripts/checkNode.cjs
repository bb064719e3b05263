// npm runs this before `npm start` and `npm test`, when tsx is not loaded yet: an older Node cannot load it. So this
// file uses nothing that Node 14 does not parse.
const { engines } = require('../package.json');

const least = engines.node.replace(/^>=/, '');
const partsOf = (version) => version.replace(/^v/, '').split('.').map(Number);

const [major, minor = 0] = partsOf(process.version);
const [leastMajor, leastMinor = 0] = partsOf(least);

if (major < leastMajor || (major === leastMajor && minor < leastMinor)) {
  console.error(
    `Node ${least} or newer is needed, and this is ${process.version}: install Node 24 (https://nodejs.org).`,
  );
  process.exit(1);
}
