import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Chat } from '../../client/src/index.js';
import type { ViewerPage } from '../support/page/viewerPage.js';
import { startViewers, type Viewers } from '../support/page/viewers.js';
import { whole } from '../support/provider/scriptedReply.js';
import { type ScriptedService, startScriptedService } from '../support/service/scriptedService.js';

/** A picture of 4 by 3 pixels. */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAQAAAADCAIAAAA7ljmRAAAAEElEQVR4nGP4z8AARwzEcQCukw/x0F8jngAAAABJRU5ErkJggg==',
  'base64',
);

let scripted: ScriptedService;
let viewers: Viewers;
beforeAll(async () => {
  viewers = await startViewers();
  scripted = await startScriptedService();
}, 180_000);
afterAll(async () => {
  await viewers?.dispose();
  await scripted?.dispose();
}, 60_000);
afterEach(async () => {
  await viewers.closeAll();
  scripted.provider.unscript();
  scripted.provider.requests.length = 0;
});

async function openAgentChat(): Promise<ViewerPage> {
  const { body: chat } = await scripted.service.client.send<Chat>('POST', '/v1/chats', { kind: 'agent' });
  return viewers.open(scripted.service.api, chat.id);
}

type FileOf = { name: string; type: string; base64: string };

/** Runs in the page: gives files to an element as the clipboard or a drag does. */
const giveFiles = `(box, { how, files }) => {
  const data = new DataTransfer();
  for (const { name, type, base64 } of files)
    data.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name, { type }));
  const bubbling = { bubbles: true, cancelable: true };
  box.dispatchEvent(
    how === 'paste'
      ? new ClipboardEvent('paste', { clipboardData: data, ...bubbling })
      : new DragEvent('drop', { dataTransfer: data, ...bubbling }),
  );
}`;
const give = (viewer: ViewerPage, how: 'paste' | 'drop', files: FileOf[]) =>
  viewer.page.evaluate(`(${giveFiles})(document.querySelector('#composer-text'), ${JSON.stringify({ how, files })})`);

const image = (name: string): FileOf => ({ name, type: 'image/png', base64: png.toString('base64') });
const text = (name: string, content: string): FileOf => ({
  name,
  type: 'text/plain',
  base64: Buffer.from(content).toString('base64'),
});
const stagedIn = (viewer: ViewerPage) => viewer.page.getByRole('list', { name: 'Files of this message' });
const sendButton = (viewer: ViewerPage) => viewer.button('Send');
/** What the page did wrong. Blobs of its own are requests of the browser, too. */
const problemsOf = ({ problems }: ViewerPage) => problems.filter((problem) => !problem.startsWith('request: blob:'));

test('files that are chosen, pasted and dropped are uploaded, sent, and shown in the transcript', async () => {
  scripted.provider.script(() => whole('A lamp.'));
  const viewer = await openAgentChat();
  const staged = stagedIn(viewer);
  await viewer.page
    .locator('main input[type=file]')
    .setInputFiles({ name: 'chosen.png', mimeType: 'image/png', buffer: png });
  await give(viewer, 'paste', [image('pasted.png')]);
  await give(viewer, 'drop', [text('notes.md', '# The tide'), image('unwanted.png')]);
  await staged.getByRole('button', { name: 'Remove unwanted.png' }).click();
  await expect(staged.locator('.file-name').allTextContents()).resolves.toEqual([
    'chosen.png',
    'pasted.png',
    'notes.md',
  ]);
  await viewer.composer.fill('What is this?');
  await expect(staged.locator('img').count()).resolves.toBe(2);
  await staged.locator('.uploaded').nth(2).waitFor();
  await sendButton(viewer).click();
  await viewer.waitForReply('A lamp.');
  expect(await staged.count()).toBe(0);

  const message = viewer.transcript.locator('.user-message');
  await message.getByRole('img', { name: 'chosen.png' }).waitFor();
  await message.getByRole('img', { name: 'pasted.png' }).waitFor();
  expect(
    await message
      .getByRole('img')
      .first()
      .evaluate((img) => (img as unknown as { naturalWidth: number }).naturalWidth),
  ).toBe(4);
  await message.getByRole('button', { name: /notes\.md/ }).waitFor();
  const sent = JSON.stringify(scripted.provider.requests.map(({ body }) => body.messages));
  expect(sent).toContain(`data:image/png;base64,${png.toString('base64')}`);
  expect(sent).toContain('# The tide');

  await viewer.reload();
  await message.getByRole('img', { name: 'chosen.png' }).waitFor();
  const [tab] = await Promise.all([
    viewer.page.context().waitForEvent('page'),
    message.getByRole('button', { name: /notes\.md/ }).click(),
  ]);
  await tab.getByText('# The tide').waitFor();
  expect(await tab.evaluate('document.contentType')).toBe('text/plain');
  expect(await tab.evaluate('window.opener')).toBeNull();
  expect(problemsOf(viewer)).toEqual([]);
}, 120_000);

test('files that can not be attached say why, and the message is sent once they are removed', async () => {
  scripted.provider.script(() => whole('Fine.'));
  const viewer = await openAgentChat();
  const staged = stagedIn(viewer);
  await viewer.composer.fill('Read these.');
  await give(viewer, 'drop', [
    { name: 'report.pdf', type: 'application/pdf', base64: 'JVBERg==' },
    { name: 'empty.txt', type: 'text/plain', base64: '' },
    { name: 'fake.png', type: 'image/png', base64: Buffer.from('<svg/>').toString('base64') },
  ]);
  await staged.getByText('Only images (PNG, JPEG, WebP, GIF) and text files can be attached.').waitFor();
  await staged.getByText('The file is empty.').waitFor();
  await staged.getByText('The file is not what its name says, or not text in UTF-8.').waitFor();
  expect(await sendButton(viewer).isDisabled()).toBe(true);
  for (const name of ['report.pdf', 'empty.txt', 'fake.png'])
    await staged.getByRole('button', { name: `Remove ${name}` }).click();
  expect(await sendButton(viewer).isDisabled()).toBe(false);
  await sendButton(viewer).click();
  await viewer.waitForReply('Fine.');
  expect(problemsOf(viewer).filter((problem) => !problem.includes('status of 415'))).toEqual([]);
}, 120_000);

test('an image that the model does not take ends the turn with words that say so', async () => {
  const message = 'This model does not support image input.';
  scripted.provider.script(({ body }) =>
    JSON.stringify(body).includes('image_url')
      ? { status: 400, body: { error: { message, type: 'invalid_request_error' } } }
      : whole('Only text.'),
  );
  const viewer = await openAgentChat();
  await give(viewer, 'paste', [image('lamp.png')]);
  await viewer.composer.fill('What is this?');
  await stagedIn(viewer).locator('.uploaded').waitFor();
  await sendButton(viewer).click();
  await viewer.page.getByText('The model takes no images.').first().waitFor();
  expect(scripted.provider.requests.filter(({ requestId }) => requestId?.includes('/reply:'))).toHaveLength(1);
  await viewer.sendMessage('And without it?');
  await viewer.waitForReply('Only text.');
}, 120_000);

test('attachments fit a phone', async () => {
  scripted.provider.script(() => whole('A lamp.'));
  const { body: chat } = await scripted.service.client.send<Chat>('POST', '/v1/chats', {
    kind: 'agent',
    // What was learnt of the other model, that it takes no images, holds for a day.
    model: 'a-model-with-eyes',
  });
  const viewer = await viewers.open(scripted.service.api, chat.id, { viewport: { width: 360, height: 700 } });
  await give(viewer, 'drop', [image('lamp.png'), text('a-file-with-a-very-long-name-that-does-not-fit.md', 'x')]);
  await viewer.composer.fill('What is this?');
  await stagedIn(viewer).locator('.uploaded').nth(1).waitFor();
  const folder = process.env.PICTURES;
  if (folder) await viewer.page.screenshot({ path: `${folder}/phone-staged.png` });
  await sendButton(viewer).click();
  await viewer.waitForReply('A lamp.');
  await viewer.transcript.getByRole('img', { name: 'lamp.png' }).waitFor();
  if (folder) await viewer.page.screenshot({ path: `${folder}/phone-sent.png` });
  expect(await viewer.page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
}, 120_000);
