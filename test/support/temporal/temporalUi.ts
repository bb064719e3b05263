import type { FrameLocator, Locator, Page } from 'playwright-core';
import { until } from '../until.js';

export type Condition = { is: string } | 'Is not null';

/** What an operator does in the Temporal UI, by what people see there: names of controls, not of elements. */
export type TemporalUi = {
  /** The list of workflows, all of them. */
  openList(): Promise<void>;
  addFilter(attribute: string, condition: Condition): Promise<void>;
  /** Waits until the list is of this turn alone: what turns are searched by is indexed a moment after the fact. */
  untilAlone(turnId: string): Promise<void>;
  openFromList(workflowId: string): Promise<void>;
  /** The status beside the workflow's id, in the head of its page. */
  status(workflowId: string, status: string): Locator;
  openTab(name: string): Promise<void>;
  /** The details that the workflow itself gives, on the tab of its metadata. */
  currentDetails(): Promise<FrameLocator>;
  /** Opens the dialog, with its list of Updates. */
  openUpdates(): Promise<void>;
  fillUpdate(name: string, data: string): Promise<void>;
  submitUpdate(): Promise<void>;
  /** All three. */
  sendUpdate(name: string, data: string): Promise<void>;
  /** What the dialog says of an Update that was refused. */
  refusal(): Locator;
  closeDialog(): Promise<void>;
};

export function createTemporalUi(page: Page, url: string, namespace = 'default'): TemporalUi {
  const row = (workflowId: string) => page.getByRole('row').filter({ hasText: workflowId });
  const dialog = page.getByRole('dialog', { name: 'Send an Update' });

  const openUpdates: TemporalUi['openUpdates'] = async () => {
    await page.getByRole('button', { name: 'More Actions' }).click();
    await page.getByRole('menuitem', { name: 'Send an Update' }).click();
    // The names come by a query, which a worker has to answer; until then there is a field for the name.
    await dialog.getByRole('button', { name: 'Select an Update' }).click();
  };
  const fillUpdate: TemporalUi['fillUpdate'] = async (name, data) => {
    await dialog.getByRole('option', { name }).click();
    if (data === '') return;
    const editor = dialog.locator('[contenteditable="true"]');
    await editor.fill(data);
    // It lays the JSON out when it is left, and the dialog grows: a click on the button must not do that.
    await editor.blur();
  };
  const submitUpdate = () => dialog.getByRole('button', { name: 'Submit' }).click();

  return {
    async openList() {
      await page.goto(`${url}/namespaces/${namespace}/workflows`);
      await page.getByRole('table', { name: 'Workflows' }).waitFor();
    },
    addFilter: (attribute, condition) => addFilter(page, attribute, condition),
    async untilAlone(turnId) {
      await until(`the list is of ${turnId} alone`, async () => {
        await page.getByRole('table', { name: 'Workflows' }).waitFor();
        const rows = await page.getByRole('row').filter({ hasText: 'turn_' }).allTextContents();
        if (rows.length === 1 && rows[0]?.includes(turnId)) return true;
        await page.reload();
        return null;
      });
    },
    openFromList: (workflowId) => row(workflowId).getByRole('link', { name: workflowId }).click(),
    status: (workflowId, status) =>
      page
        .locator('header')
        .filter({ has: page.getByRole('heading', { name: workflowId }) })
        .getByText(status, { exact: true }),
    openTab: (name) => page.getByRole('tab', { name }).click(),
    async currentDetails() {
      await page.getByRole('tab', { name: 'User Metadata' }).click();
      await page.getByRole('heading', { name: 'Current Details' }).waitFor();
      return page.locator('iframe').last().contentFrame();
    },
    openUpdates,
    fillUpdate,
    submitUpdate,
    async sendUpdate(name, data) {
      await openUpdates();
      await fillUpdate(name, data);
      await submitUpdate();
    },
    refusal: () => dialog.getByRole('alert'),
    closeDialog: () => dialog.getByRole('button', { name: 'Cancel' }).last().click(),
  };
}

async function addFilter(page: Page, attribute: string, condition: Condition): Promise<void> {
  await page.getByRole('button', { name: 'Add Filter' }).click();
  await page.getByRole('menuitem', { name: new RegExp(`^${attribute}\\b`) }).click();
  const menu = page.getByRole('menu', { name: `Filter by ${attribute}` });
  if (condition === 'Is not null') await menu.getByRole('button', { name: condition }).click();
  else await menu.getByRole('textbox', { name: 'Value' }).fill(condition.is);
  await menu.getByRole('button', { name: 'Apply' }).click();
  await menu.waitFor({ state: 'hidden' });
}
