/** `npm run screenshots`: takes pictures of the console while customer fails, and writes them to `docs/images`. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { LocalSystem, workspaceRoot } from '@breakwater/system-runner';
import { ConsoleVisit, launchChromium, phone, wide } from './browser.ts';

const images = path.join(workspaceRoot, 'docs/images');

const system = await LocalSystem.prepare({
  console: true,
  database: 'own',
  lab: true,
  env: { account: { DEMO_MODE: 'true' }, customer: { CUSTOMER_LATENCY: '20ms' } },
});
const chromium = await launchChromium();
try {
  await system.start();
  mkdirSync(images, { recursive: true });
  const { page } = await ConsoleVisit.start(chromium.browser, system.consoleUrl ?? '', wide);
  await page.getByRole('button', { name: 'Close the guide' }).click();
  await page.getByLabel("Customer's faults").fill(system.faultsToken);
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
  await page.screenshot({ path: path.join(images, 'console.png'), clip: { x: 0, y: 0, width: 1_440, height: 1_000 } });
  const onPhone = await ConsoleVisit.start(chromium.browser, system.consoleUrl ?? '', {
    ...phone,
    colorScheme: 'dark',
  });
  await onPhone.page.getByRole('button', { name: 'Close the guide' }).click();
  await onPhone.page.waitForTimeout(3_000);
  await onPhone.page.screenshot({ path: path.join(images, 'console-phone.png') });
} finally {
  await chromium.close();
  await system.end();
}
