import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LocalSystem } from '@breakwater/system-runner';
import { OtlpReceiver, startSystem } from '@breakwater/system-runner/testing';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ConsoleVisit, launchChromium, missingChromium, phone, wide } from './browser.ts';

let receiver: OtlpReceiver;
let viewer: Server;
let system: LocalSystem;
let chromium: { readonly browser: Browser; close(): Promise<void> };
let visit: ConsoleVisit | undefined;

const waiting = { timeout: 30_000 };

const missing = missingChromium();
if (missing !== undefined) process.stderr.write(`NOT CHECKED: ${missing}\n`);

/** Stands for the page of Jaeger. */
const viewerUrl = () => `http://127.0.0.1:${(viewer.address() as AddressInfo).port}`;

beforeAll(async () => {
  if (missing !== undefined) return;
  chromium = await launchChromium();
  receiver = await OtlpReceiver.start();
  viewer = createServer((_request, response) => response.setHeader('content-type', 'text/html').end('a trace'));
  await once(viewer.listen(0, '127.0.0.1'), 'listening');
  system = await startSystem({
    console: true,
    env: {
      account: receiver.environment,
      customer: { CUSTOMER_LATENCY: '10ms' },
      console: { TRACE_URL: `${viewerUrl()}/trace/{traceId}` },
    },
  });
});

afterEach(async () => {
  await visit?.end();
  visit = undefined;
});

afterAll(async () => {
  await chromium?.close();
  await system?.end();
  viewer?.close();
  await receiver?.stop();
});

const openAccount = (body: object): Promise<Response> =>
  fetch(`${system.accountUrls[0]}/accounts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

describe.skipIf(missing !== undefined)('the links of the console to traces', () => {
  it.each([
    { size: 'a wide window', options: wide },
    { size: 'a phone', options: phone },
  ])('lead from the event of a failed call to its recorded trace, in $size', async ({ options }) => {
    visit = await ConsoleVisit.start(chromium.browser, system.consoleUrl!, options);
    const { page } = visit;
    await page.getByText('Live', { exact: true }).waitFor(waiting);
    await system.setCustomerFaults({ errors: [{ rate: 1, status: 503 }] });
    await page.getByRole('button', { name: 'Failures', exact: true }).click();

    const link = page.getByRole('link', { name: /^trace of this error/ }).first();
    await expect
      .poll(async () => {
        await openAccount({ customerId: 'c-1001', currency: 'EUR' });
        return link.count();
      }, waiting)
      .toBe(1);
    expect(await visit.violations()).toEqual([]);
    expect(await visit.overflow()).toBe(0);
    const [opened] = await Promise.all([page.context().waitForEvent('page'), link.click()]);
    await opened.waitForLoadState();

    const [, traceId = ''] = /\/trace\/([0-9a-f]{32})$/.exec(opened.url()) ?? [];
    expect(opened.url()).toBe(`${viewerUrl()}/trace/${traceId}`);
    expect(await opened.evaluate('window.opener')).toBeNull();
    // The call may have been one of a request, or of a later verification of the accounts that this test opened.
    await expect.poll(() => receiver.trace(traceId).map(({ name }) => name), waiting).toContain('GET /customers/{id}');
    await system.setCustomerFaults({});
  });

  it('lead from the trace id of a problem to its trace, by keyboard', async () => {
    visit = await ConsoleVisit.start(chromium.browser, system.consoleUrl!, wide);
    const { page } = visit;
    await page.getByText('Live', { exact: true }).waitFor(waiting);
    const { traceId } = (await (await openAccount({})).json()) as { traceId: string };

    await page.getByRole('textbox', { name: /^Trace id/ }).focus();
    await page.keyboard.type(traceId);
    await page.keyboard.press('Tab');
    const [opened] = await Promise.all([page.context().waitForEvent('page'), page.keyboard.press('Enter')]);
    await opened.waitForLoadState();

    expect(opened.url()).toBe(`${viewerUrl()}/trace/${traceId}`);
    await expect.poll(() => receiver.trace(traceId).map(({ name }) => name), waiting).toContain('POST /accounts');
  });
});

it('finds Chromium, which the tests of the links need', ({ skip }) => {
  skip(missing !== undefined, missing);
  expect(missing).toBeUndefined();
});
