import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Browser, chromium } from 'playwright-core';

/** What Chromium is called where it is installed by a package manager. */
const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** What whoever has no Chromium is told. */
export const howToGetChromium =
  'There is no Chromium on the PATH, so the console cannot be tested in a browser. Install one (apt-get install chromium, ' +
  'brew install --cask chromium), or set CHROMIUM to the path of its program.';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** @throws Error saying how to get one, where there is none */
export function findChromium(environment = process.env): string {
  const given = environment['CHROMIUM'];
  const directories = (environment['PATH'] ?? '').split(path.delimiter).filter((each) => path.isAbsolute(each));
  const places = given ? [given] : directories.flatMap((directory) => names.map((name) => path.join(directory, name)));
  const found = places.find(isExecutable);
  if (found === undefined) throw new Error(howToGetChromium);
  return found;
}

/** Why nothing can be tested in a browser here; undefined where there is one. One that is named and isn't there is an error. */
export function whyNoChromium(environment = process.env): string | undefined {
  if (environment['CHROMIUM']) return undefined;
  try {
    findChromium(environment);
    return undefined;
  } catch {
    return howToGetChromium;
  }
}

/** A browser that knows nothing of those before it. */
export async function launchChromium(): Promise<{ readonly browser: Browser; close(): Promise<void> }> {
  const home = mkdtempSync(path.join(tmpdir(), 'breakwater-chromium-'));
  const browser = await chromium.launch({
    executablePath: findChromium(),
    headless: true,
    args: flags,
    // Chromium writes its caches below its home, wherever its profile is.
    env: { ...process.env, HOME: home },
  });
  return {
    browser,
    close: async () => {
      await browser.close();
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** How a page is looked at. */
export type View = NonNullable<Parameters<Browser['newContext']>[0]>;

/** A wide screen and a phone. */
export const wide: View = { viewport: { width: 1_440, height: 1_000 }, colorScheme: 'light' };
export const phone: View = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
