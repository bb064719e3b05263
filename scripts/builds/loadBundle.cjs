const { readFileSync, renameSync, writeFileSync } = require('node:fs');
const { createRequire, SourceMap } = require('node:module');
const { basename, dirname, join } = require('node:path');
const vm = require('node:vm');

/**
 * Runs `NAME.bundle.cjs` beside this file with the code that V8 has compiled of it before, if that is there and of this
 * version of Node. Node itself keeps compiled code since version 22 only, and shows no sources for code that is loaded
 * like this. `node loadBundle.cjs NAME` runs it and keeps its compiled code.
 */
function load(name, keeps = false) {
  const file = join(__dirname, `${name}.bundle.cjs`);
  const compiled = `${file}.compiled`;
  const head = '(function (exports, require, module, __filename, __dirname) {';
  const script = new vm.Script(`${head}${readFileSync(file, 'latin1')}\n})`, {
    filename: file,
    columnOffset: -head.length,
    cachedData: keeps ? undefined : read(compiled),
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  showSources(file);
  if (keeps) process.once('exit', () => write(compiled, script.createCachedData()));
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(file), module, file, dirname(file));
}

function read(file) {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

function write(file, data) {
  writeFileSync(`${file}.new`, data);
  renameSync(`${file}.new`, file);
}

/** Stack traces name the sources of the bundle. Its map is read with the first of them. */
function showSources(file) {
  let map;
  const placeOf = (site) => {
    // Compiled code keeps the folder in which it was compiled.
    if (basename(site.getFileName() ?? '') !== basename(file)) return String(site);
    map ??= readMap(`${file}.map`);
    const place = map.findEntry(site.getLineNumber() - 1, site.getColumnNumber() - 1);
    if (!place.originalSource) return String(site);
    const shown = `${place.originalSource}:${place.originalLine + 1}:${place.originalColumn + 1}`;
    return String(site).replace(/[^( ]+:\d+:\d+(?=\)?$)/, () => shown);
  };
  Error.prepareStackTrace = (error, sites) =>
    [Error.prototype.toString.call(error), ...sites.map((site) => `    at ${placeOf(site)}`)].join('\n');
}

/** A map that can not be read must not hide the error that is shown. */
function readMap(file) {
  try {
    return new SourceMap(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return { findEntry: () => ({}) };
  }
}

module.exports = load;
if (require.main === module) load(process.argv[2], true);
