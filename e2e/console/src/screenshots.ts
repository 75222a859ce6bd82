/** `npm run screenshots`: takes pictures of the console while customer fails, and writes them to `docs/images`. */
import path from 'node:path';
import { workspaceRoot } from '@breakwater/system-runner';
import { ConsoleVisit, phone, wide } from './browser.ts';
import { withDemo } from './demo-system.ts';

const images = path.join(workspaceRoot, 'docs/images');

await withDemo(async ({ browser, address }) => {
  const { page } = await ConsoleVisit.start(browser, address, wide);
  await page.getByRole('button', { name: 'Close the guide' }).click();
  await page.getByRole('button', { name: 'Start' }).click();
  await page.waitForTimeout(25_000);
  await page.getByRole('button', { name: 'Half errors' }).click();
  await page.waitForTimeout(22_000);
  await page.getByRole('button', { name: 'Clear faults' }).click();
  await page.waitForTimeout(14_000);
  await page.getByRole('combobox', { name: 'Scenario' }).selectOption('customer-slow');
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await page.waitForTimeout(13_000);
  await page.evaluate('scrollTo(0, 0)');
  await page.screenshot({ path: path.join(images, 'console.png') });
  const onPhone = await ConsoleVisit.start(browser, address, { ...phone, colorScheme: 'dark' });
  await onPhone.page.getByRole('button', { name: 'Close the guide' }).click();
  await onPhone.page.waitForTimeout(3_000);
  await onPhone.page.evaluate('scrollTo(0, 0)');
  await onPhone.page.screenshot({ path: path.join(images, 'console-phone.png') });
});
