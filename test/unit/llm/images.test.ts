import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ChatMessage } from '../../../domain/agents/chatMessage.js';
import type { AttachedPart } from '../../../domain/attachments/promptAttachments.js';
import { describeFact } from '../../../domain/providers/providerFact.js';
import { createAnthropic } from '../../../llm/anthropic/anthropic.js';
import { createChatCompletions } from '../../../llm/chatCompletions/chatCompletions.js';
import type { ReplyProvider } from '../../../llm/port.js';
import { createLocalFacts, type LearnedFacts } from '../../../llm/profiles/learnedFacts.js';
import { createResponses } from '../../../llm/responses/responses.js';
import { collectReply, someRequest } from '../../support/provider/collectReply.js';
import { type PartServer, startPartServer } from '../../support/provider/partServer.js';

let server: PartServer;
let facts: LearnedFacts;
beforeAll(async () => {
  server = await startPartServer();
});
afterAll(() => server.close());
beforeEach(() => {
  server.reset();
  facts = createLocalFacts();
});

const image = (id: string, past: boolean): AttachedPart => ({
  type: 'image',
  id,
  mediaType: 'image/png',
  name: `${id}.png`,
  past,
});
const file: AttachedPart = { type: 'text', text: 'File notes.md:\n# Notes' };
const earlier: ChatMessage[] = [
  { role: 'user', content: 'What was this?', attached: [image('old', true)] },
  { role: 'assistant', content: 'A lamp.' },
];
const asked: ChatMessage = { role: 'user', content: 'And this?', attached: [image('new', false), file] };

const apis = ['chat', 'responses', 'anthropic'] as const;
type Api = (typeof apis)[number];

function connect(api: Api): ReplyProvider {
  const to = { baseUrl: `${server.origin}/v1`, apiKey: 'sk-test', facts };
  switch (api) {
    case 'chat':
      return createChatCompletions(to);
    case 'responses':
      return createResponses(to);
    case 'anthropic':
      return createAnthropic({ ...to, baseUrl: server.origin });
  }
}

const pixels = new Map([
  ['old', 'b2xk'],
  ['new', 'bmV3'],
]);
const loadImages = async (ids: readonly string[]) => new Map(ids.map((id) => [id, pixels.get(id)!]));

const reply = (provider: ReplyProvider, messages: ChatMessage[] = [...earlier, asked]) =>
  collectReply(provider, { request: { ...someRequest, messages, loadImages } });

const sentTo = {
  chat: {
    text: (text: string) => ({ type: 'text', text }),
    image: (data: string) => ({ type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } }),
  },
  responses: {
    text: (text: string) => ({ type: 'input_text', text }),
    image: (data: string) => ({ type: 'input_image', detail: 'auto', image_url: `data:image/png;base64,${data}` }),
  },
};

describe('a message with attachments', () => {
  test.each(['chat', 'responses'] as const)('has its text, its images and its files as parts (%s)', async (api) => {
    const { text, image: img } = sentTo[api];
    expect(await reply(connect(api))).toMatchObject({ text: 'Fine.', error: undefined });
    expect(server.contents()).toEqual([
      [text('What was this?'), img('b2xk')],
      'A lamp.',
      [text('And this?'), img('bmV3'), text('File notes.md:\n# Notes')],
    ]);
  });

  test('has its images and files as blocks before its text (anthropic)', async () => {
    expect(await reply(connect('anthropic'))).toMatchObject({ text: 'Fine.', error: undefined });
    const block = (data: string) => ({ type: 'image', source: { type: 'base64', media_type: 'image/png', data } });
    expect(server.contents()).toMatchObject([
      [block('b2xk'), { type: 'text', text: 'What was this?' }],
      [{ type: 'text', text: 'A lamp.' }],
      [block('bmV3'), { type: 'text', text: 'File notes.md:\n# Notes' }, { type: 'text', text: 'And this?' }],
    ]);
  });

  test('names an image that was removed', async () => {
    const provider = connect('chat');
    const request = { ...someRequest, messages: [asked], loadImages: async () => new Map<string, string>() };
    expect((await collectReply(provider, { request })).text).toBe('Fine.');
    expect(JSON.stringify(server.contents())).toContain('[image: new.png]');
  });
});

const noImages = [
  [400, 'Invalid content type. image_url is only supported by certain models.'],
  [
    400,
    'Failed to deserialize the JSON body into the target type: messages[0]: unknown variant `image_url`, expected `text`',
  ],
  [404, 'No endpoints found that support image input'],
  [400, 'this model does not support image input'],
  [400, 'Model do not support image input. Request id: 0217'],
  [500, 'image input is not supported - hint: if this is unexpected, you may need to provide the mmproj'],
  [400, 'At most 0 image(s) may be provided in one request.'],
  [400, 'Image input is not enabled for this model'],
  [400, 'messages[0].content must be a string'],
  [422, "body -> messages -> 0 -> content: Input should be 'text'"],
] as const;

describe('a model that takes no images', () => {
  test.each(noImages)(
    'is recognised by its refusal (%i, %s), and is not asked with images again',
    async (status, message) => {
      server.refuse((sent) => (sent.includes('image_url') ? { status, message } : null));
      const provider = connect('chat');
      expect((await reply(provider)).error).toMatchObject({ code: 'images_unsupported', spent: 'call' });
      expect((await reply(provider)).error).toMatchObject({ code: 'images_unsupported', spent: 'nothing' });
      expect(server.bodies).toHaveLength(1);
      expect((await facts.read(someRequest.model)).map(describeFact)).toEqual(['messages: no_images']);
    },
  );

  test.each(apis)('gets messages whose images are earlier ones with a note in their place (%s)', async (api) => {
    server.refuse((sent) =>
      /"image_url"|"input_image"|"type":"image"/.test(sent)
        ? { status: 400, message: 'This model does not support images.' }
        : null,
    );
    const provider = connect(api);
    const messages: ChatMessage[] = [...earlier, { role: 'user', content: 'And now?' }];
    expect(await reply(provider, messages)).toMatchObject({ text: 'Fine.', error: undefined });
    expect(JSON.stringify(server.contents())).toContain('[image: old.png]');
    expect(await reply(provider, messages)).toMatchObject({ text: 'Fine.', error: undefined });
    expect(server.bodies).toHaveLength(3);
  });

  test.each(['responses', 'anthropic'] as const)('is not asked with images again (%s)', async (api) => {
    server.refuse(() => ({ status: 400, message: 'This model does not support image inputs.' }));
    const provider = connect(api);
    expect((await reply(provider)).error).toMatchObject({ code: 'images_unsupported' });
    expect((await reply(provider)).error).toMatchObject({ code: 'images_unsupported' });
    expect(server.bodies).toHaveLength(1);
  });
});

describe('an image that the provider can not use', () => {
  const tooLarge = {
    status: 400,
    message: 'messages.0.content.1.image: image exceeds 5 MB maximum: 7000000 bytes > 5242880 bytes',
  };

  test.each(apis)('is left out where it is part of an earlier message (%s)', async (api) => {
    server.refuse((sent) => (sent.includes('b2xk') ? tooLarge : null));
    expect(await reply(connect(api))).toMatchObject({ text: 'Fine.', error: undefined });
    expect(server.bodies).toHaveLength(2);
    expect(JSON.stringify(server.contents())).toContain('bmV3');
  });

  test.each(apis)('ends the turn with its own code where it is new (%s)', async (api) => {
    server.refuse((sent) => (sent.includes('bmV3') ? tooLarge : null));
    expect((await reply(connect(api))).error).toMatchObject({ code: 'image_refused' });
    expect(await facts.read(someRequest.model)).toEqual([]);
  });

  test('does not stop a chat for good where the refusal has unknown words', async () => {
    server.refuse((sent) => (sent.includes('b2xk') ? { status: 400, message: 'invalid message format' } : null));
    expect(await reply(connect('chat'))).toMatchObject({ text: 'Fine.', error: undefined });
  });
});

test('a server whose messages have one text gets the text of files in it', async () => {
  server.refuse((sent) => (/"content":\[/.test(sent) ? { status: 400, message: 'content must be a string' } : null));
  const messages: ChatMessage[] = [{ role: 'user', content: 'Read this.', attached: [file] }];
  expect(await reply(connect('chat'), messages)).toMatchObject({ text: 'Fine.', error: undefined });
  expect(server.contents()).toEqual(['Read this.\n\nFile notes.md:\n# Notes']);
});

test('messages that are joined for a strict template keep their images', async () => {
  facts.learned(someRequest.model, [{ fact: { kind: 'messages', rule: 'alternate_roles' }, keep: 'weeks' }]);
  await reply(connect('chat'), [{ role: 'user', content: 'Look.' }, asked]);
  const { text, image: img } = sentTo.chat;
  expect(server.contents()).toEqual([[text('Look.\n\nAnd this?'), img('bmV3'), text('File notes.md:\n# Notes')]]);
});
