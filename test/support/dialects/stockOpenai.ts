import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import OpenAI from 'openai';

const here = createRequire(import.meta.url);
// Version 7 is here as LangChain's dependency. A second copy would be 35 MB.
const beside = createRequire(here.resolve('@langchain/openai'));

/** OpenAI's own client for Node, in the versions that are in use. The types are those of version 6. */
export const stockOpenai: Record<6 | 7, typeof OpenAI> = { 6: OpenAI, 7: clientOf(beside, 7) };

function clientOf(require: NodeJS.Require, major: number): typeof OpenAI {
  const file = require.resolve('openai');
  const { version } = JSON.parse(readFileSync(join(dirname(file), 'package.json'), 'utf8')) as { version: string };
  if (!version.startsWith(`${major}.`)) throw new Error(`openai ${version} is installed in place of ${major}`);
  return (require('openai') as { OpenAI: typeof OpenAI }).OpenAI;
}
