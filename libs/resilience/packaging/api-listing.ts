import { CompilerState, Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { entries, type Entry, packageFolder, publishedFolder } from './entries.ts';

const apiListingFile: string = join(packageFolder, 'api.md');

const preface = `# The public surface of @breakwater/resilience

All exports of the package with their types, by entry. \`npm run generate api\` writes this file from the published types, and
\`npm test\` fails if it is outdated. A change of this file is a change for all users of the package.
`;

/**
 * Lists the public surface from the published types. The package must have been made.
 *
 * @throws Error if the types of an entry cannot be read
 */
export async function apiListing(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'breakwater-api-'));
  try {
    const all = (await entries()).map((entry) => ({ entry, config: configOf(entry, folder) }));
    const [first] = all;
    if (first === undefined) throw new Error('package.json exports nothing.');
    // One program for all entries, because reading the types of their dependencies takes most of the time.
    const compilerState = CompilerState.create(first.config, {
      additionalEntryPoints: all.map(({ entry }) => entry.published.types),
    });
    const sections: string[] = [];
    for (const { entry, config } of all) sections.push(await section(entry, config, compilerState));
    const options = await resolveConfig(apiListingFile);
    return await format([preface, ...sections].join('\n'), { ...options, filepath: apiListingFile });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function configOf({ specifier, published: { types } }: Entry, folder: string): ExtractorConfig {
  const fileName = specifier.replaceAll(/[@/]/g, '-');
  return ExtractorConfig.prepare({
    configObject: {
      projectFolder: publishedFolder,
      newlineKind: 'lf',
      mainEntryPointFilePath: types,
      compiler: { overrideTsconfig: { compilerOptions, files: [types] } },
      apiReport: { enabled: true, reportFileName: fileName, reportFolder: folder, reportTempFolder: folder },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        // The style of comments and missing exports are not the subject of this listing.
        extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(publishedFolder, 'package.json'),
  });
}

async function section({ specifier }: Entry, config: ExtractorConfig, compilerState: CompilerState): Promise<string> {
  const messages: string[] = [];
  const { succeeded } = Extractor.invoke(config, {
    compilerState,
    localBuild: true,
    messageCallback: (message) => {
      message.handled = true;
      if (message.logLevel === ExtractorLogLevel.Error) messages.push(message.text);
    },
  });
  if (!succeeded) throw new Error(`The types of ${specifier} cannot be read:\n${messages.join('\n')}`);
  return `## ${specifier}\n\n${declarations(await readFile(config.reportFilePath, 'utf8'))}`;
}

const compilerOptions = {
  target: 'es2024',
  module: 'nodenext',
  moduleResolution: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  types: ['node'],
};

/** The code of a report without remarks of the tool. */
function declarations(report: string): string {
  return report
    .slice(report.indexOf('```ts'))
    .replaceAll(/^ *\/\/ \(undocumented\)\n/gm, '')
    .replaceAll(/^\/\/ @public(?: \(undocumented\))?\n/gm, '')
    .replaceAll(/^\/\/ \(No @packageDocumentation.*\n/gm, '');
}
