/**
 * Stands in for `punycode.js` in the page's bundle: the browser has the form of a host name in ASCII, and a link shows the
 * name as it was written.
 */
const toUnicode = (name: string): string => name;

/** Throws where the name is none: the parser then takes it as it is. */
const toASCII = (name: string): string => new URL(`http://${name}`).hostname;

export default { toASCII, toUnicode };
