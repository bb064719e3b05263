import { describe, expect, test } from '@jest/globals';
import { jsonAnswer } from './answerText.js';

const json = '{"score":2}';

describe('the JSON of an answer', () => {
  test.each([
    json,
    ` \n${json}\n`,
    `\`\`\`json\n${json}\n\`\`\``,
    `\`\`\`JSON\n${json}\n\`\`\`\n`,
    `\`\`\`\n${json}\n\`\`\``,
    `\`\`\`${json}\`\`\``,
    `\`\`\`json\r\n${json}\r\n\`\`\``,
    `\`\`\`json\n${json}`,
    `Here is the score:\n\`\`\`json\n${json}\n\`\`\`\nI hope that helps.`,
    `<think>Hmm. {"score":1}</think>\n\n${json}`,
    `<thinking>Hmm.</thinking>\`\`\`json\n${json}\n\`\`\``,
    `Hmm, a score.\n</think>\n\n${json}`,
    `It is "2"</think>${json}`,
    `Hmm.[/THINK]\`\`\`json\n${json}\n\`\`\``,
  ])('is taken as it stands: %j', (answer) => {
    expect(jsonAnswer(answer)).toBe(json);
  });

  test.each([
    '',
    'no JSON',
    `The score is ${json}.`,
    `${json} ${json}`,
    '{"score":2',
    '{score: 2}',
    "{'score':2}",
    '```json\n{"score":2,}\n```',
    `\`\`\`json\n${json}\n\`\`\`\nor\n\`\`\`json\n{"score":1}\n\`\`\``,
    `${'A long thought. '.repeat(100)}\`\`\`json\n${json}\n\`\`\``,
    `<think>${json}`,
  ])('is neither guessed nor repaired: %j', (answer) => {
    expect(jsonAnswer(answer)).toBeNull();
  });
});
