import { CompilerState, Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { entries, type Entry, packageFolder } from './entries.ts';

/** Where the listing is committed. */
export const apiListingFile: string = join(packageFolder, 'api.md');

const preface = `# The public surface of @breakwater/resilience

Every name that the package exports, with its type, by entry. \`npm run generate api\` writes it anew from the built types, and \`npm test\`
fails when it differs from them: a change of this file is a change for everybody who uses the package.
`;

/**
 * The public surface as the built types have it. The package must have been built.
 *
 * @throws Error when the built types of an entry cannot be read
 */
export async function apiListing(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'breakwater-api-'));
  try {
    const all = (await entries()).map((entry) => ({ entry, config: configOf(entry, folder) }));
    const [first] = all;
    if (first === undefined) throw new Error('package.json exports nothing.');
    // All entries in one program: reading the types of what they lean on is what takes the time.
    const compilerState = CompilerState.create(first.config, {
      additionalEntryPoints: all.map(({ entry }) => entry.types),
    });
    const sections: string[] = [];
    for (const { entry, config } of all) sections.push(await section(entry, config, compilerState));
    const options = await resolveConfig(apiListingFile);
    return await format([preface, ...sections].join('\n'), { ...options, filepath: apiListingFile });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function configOf({ specifier, types }: Entry, folder: string): ExtractorConfig {
  const fileName = specifier.replaceAll(/[@/]/g, '-');
  return ExtractorConfig.prepare({
    configObject: {
      projectFolder: packageFolder,
      newlineKind: 'lf',
      mainEntryPointFilePath: types,
      compiler: { overrideTsconfig: { compilerOptions, files: [types] } },
      apiReport: { enabled: true, reportFileName: fileName, reportFolder: folder, reportTempFolder: folder },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        // How comments are written and what is not exported is for review, not for this listing.
        extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(packageFolder, 'package.json'),
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

/** The code of a report, without the remarks that say nothing about the surface. */
function declarations(report: string): string {
  return report
    .slice(report.indexOf('```ts'))
    .replaceAll(/^ *\/\/ \(undocumented\)\n/gm, '')
    .replaceAll(/^\/\/ @public(?: \(undocumented\))?\n/gm, '')
    .replaceAll(/^\/\/ \(No @packageDocumentation.*\n/gm, '');
}
