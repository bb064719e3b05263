import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type ProfileSetting, profileSettings } from '../domain/providers/profileNames.js';
import { profileOf } from '../llm/profiles/profiles.js';
import { probe, reportLines } from './probe/report.js';
import { messageOf } from './start/failure.js';

/**
 * `npm run probe -- --base-url URL --model M [--api-key-env NAME] [--profile NAME]`: tries what this product uses of a
 * provider, and prints what works. The key is read from the environment, so that it is in no list of processes.
 */
const usage = 'npm run probe -- --base-url URL --model MODEL [--api-key-env NAME] [--profile NAME]';
const timeoutMs = 60_000;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      'base-url': { type: 'string' },
      model: { type: 'string' },
      'api-key-env': { type: 'string', default: 'OPENAI_API_KEY' },
      profile: { type: 'string', default: 'auto' },
    },
  });
  const { 'base-url': baseUrl, model, profile } = values;
  if (!baseUrl || !model || !URL.canParse(baseUrl)) return complain(usage);
  const setting = profileSettings.find((name): name is ProfileSetting => name === profile);
  if (!setting) return complain(`--profile: one of ${profileSettings.join(', ')}`);
  if (existsSync('.env')) process.loadEnvFile('.env');
  const options = { baseUrl, model, apiKey: process.env[values['api-key-env']], timeoutMs };
  const say = (name: string) => process.stderr.write(`trying ${name}\n`);
  const probed = await probe({ ...options, profile: profileOf(setting, baseUrl) }, say);
  process.stdout.write(`${reportLines(probed).join('\n')}\n`);
  return probed.findings[0]?.finding.works ? 0 : 1;
}

function complain(sentence: string): number {
  console.error(sentence);
  return 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.exitCode = complain(messageOf(error));
}
