import { LocalSystem } from '@breakwater/system-runner';
import { withTokens } from '@breakwater/contracts/console-tokens';
import type { Browser } from 'playwright-core';
import { launchChromium } from './browser.ts';

/** A system as `npm run demo` starts it after the experiments, and a browser. */
export interface RunningDemo {
  readonly system: LocalSystem;
  readonly browser: Browser;
  /** The address of the console, with the tokens. */
  readonly address: string;
}

/** Starts both, runs the action and ends both. */
export async function withDemo(action: (demo: RunningDemo) => Promise<void>): Promise<void> {
  const system = await LocalSystem.prepare({
    console: true,
    database: 'own',
    lab: true,
    unexpectedEnd: 'is-restarted',
    processControl: true,
    env: { account: { DEMO_MODE: 'true' }, customer: { CUSTOMER_LATENCY: '20ms' } },
  });
  const { faultsToken: faults, actuatorToken: actuator, consoleUrl = '' } = system;
  const chromium = await launchChromium();
  try {
    await system.start();
    await action({ system, browser: chromium.browser, address: withTokens(consoleUrl, { faults, actuator }) });
  } finally {
    await chromium.close();
    await system.end();
  }
}
