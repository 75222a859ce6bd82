import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findProgram } from '@breakwater/system-runner';
import { type Browser, chromium, type Page } from 'playwright-core';

/** Names of the program in the packages of the operating systems. */
const programs = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

export const installChromium =
  'There is no Chromium on the PATH, so the console cannot be tested in a browser. Install it (apt-get install chromium, ' +
  'brew install --cask chromium), or set CHROMIUM to the path of the program.';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** @throws Error with instructions when there is no Chromium */
export function findChromium(environment = process.env): string {
  const configured = environment['CHROMIUM'];
  const found = configured
    ? findProgram(path.basename(configured), path.dirname(configured))
    : programs.map((program) => findProgram(program, environment['PATH'])).find((each) => each !== undefined);
  if (found === undefined) throw new Error(installChromium);
  return found;
}

/** Why there is no browser; undefined when there is one. A wrong path in CHROMIUM is an error of `findChromium` instead. */
export function missingChromium(environment = process.env): string | undefined {
  if (environment['CHROMIUM']) return undefined;
  try {
    findChromium(environment);
    return undefined;
  } catch {
    return installChromium;
  }
}

/** Starts a browser without any data of earlier runs. */
export async function launchChromium(): Promise<{ readonly browser: Browser; close(): Promise<void> }> {
  const home = mkdtempSync(path.join(tmpdir(), 'breakwater-chromium-'));
  const browser = await chromium.launch({
    executablePath: findChromium(),
    headless: true,
    args: flags,
    // Chromium writes its caches to the home directory, wherever its profile is.
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

export type ViewOptions = NonNullable<Parameters<Browser['newContext']>[0]>;

export const wide: ViewOptions = { viewport: { width: 1_440, height: 1_000 }, colorScheme: 'light' };
/** The smaller half of what the console is made for, with a phone. */
export const laptop: ViewOptions = { viewport: { width: 1_280, height: 720 }, colorScheme: 'light' };
export const phone: ViewOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The part of the results of axe that is read. */
interface AxeResults {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly target: unknown }[] }[];
}

/** The console in a browser, with the errors and the requests of its page. */
export class ConsoleVisit {
  readonly page: Page;
  /** Error messages of the browser's console, and uncaught errors. */
  readonly errors: readonly string[];
  /** URLs of requests to other sites. */
  readonly foreignRequests: readonly string[];

  private constructor(page: Page, errors: readonly string[], foreignRequests: readonly string[]) {
    this.page = page;
    this.errors = errors;
    this.foreignRequests = foreignRequests;
  }

  static async start(browser: Browser, url: string, options: ViewOptions): Promise<ConsoleVisit> {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const errors: string[] = [];
    const foreignRequests: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(`${message.text()} (${message.location().url})`);
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(url) && !request.url().startsWith('data:')) foreignRequests.push(request.url());
    });
    await page.goto(url);
    return new ConsoleVisit(page, errors, foreignRequests);
  }

  /** The accessibility rules that the page violates, with the elements. */
  async violations(): Promise<string[]> {
    // The debugger is not subject to the page's content security policy.
    await this.page.evaluate(axeSource);
    const results: AxeResults = await this.page.evaluate('axe.run()');
    return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => String(target)).join(', ')}`);
  }

  /** By how many pixels the page is wider than its window. */
  overflow(): Promise<number> {
    return this.page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  }

  async end(): Promise<void> {
    await this.page.context().close();
  }
}
