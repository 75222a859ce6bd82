import { checks } from './checks.ts';
import { runDoctor } from './command.ts';
import { severities, type Severity } from './finding.ts';

/** What the page shows beside what is known here; each is the text of a file that is compiled, or run, elsewhere. */
export interface PageSources {
  /** How an application uses the doctor, in TypeScript. */
  readonly example: string;
  /** A folder with `resilience.yml` and `outage.yml`, and what is in them. */
  readonly folder: string;
  readonly config: string;
  readonly outage: string;
}

const meanings: Readonly<Record<Severity, string>> = {
  error:
    'something configured can never happen, or calls are refused or fail all the time though nothing is wrong. The exit code is 1',
  warning: 'it works, but not as it reads, or only sometimes, or it hurts when the dependency is in trouble',
  info: 'worth knowing; often it is meant so. Left out of the warnings at start-up',
};

/** `docs/doctor.md`: written here, so that neither a code nor a word of the output can be out of date. */
export async function doctorPage({ example, folder, config, outage }: PageSources): Promise<string> {
  const show = async (line: string): Promise<string> => {
    let text = '';
    const out = (part: string): void => void (text += part);
    await runDoctor(line.split(' '), { out, err: out, folder, env: {} });
    return text.trimEnd();
  };
  return `<!-- Generated from libs/resilience/src/doctor: change it there, then run "npx vitest run src/doctor/doctor-page -u" in libs/resilience. -->

# The doctor

Most questions about circuit breakers in the field are about configurations that can never do what was meant. The doctor
reads a configuration, says in words what it does, and finds what cannot work, with the arithmetic. What it says of windows
and of HALF_OPEN is tested against the real circuit breaker.

\`\`\`sh
npm run doctor -- resilience.yml --latency 2s --concurrency 1
\`\`\`

Take this \`resilience.yml\`:

\`\`\`yaml
${config.trimEnd()}
\`\`\`

The doctor says:

\`\`\`text
${await show('resilience.yml --latency 2s --concurrency 1')}
\`\`\`

## Options

\`\`\`text
${await show('--help')}
\`\`\`

The more it knows about the traffic, the more it can find: checks that need a number say so below. \`--json\` prints
\`{"findings":[{"instance","code","severity","message"}]}\`; codes are stable, messages are not (npm prints lines
of its own unless told \`npm run --silent doctor\`). Names of error classes and of
predicates are the application's, and need not be known here. Paths are relative to where the command is typed.

When the file declares the policies of an instance under \`resilience4j.pipelines\`, their order is the one that is looked at;
otherwise it is the default one, \`retry(circuitBreaker(rateLimiter(timeLimiter(bulkhead(call)))))\`.

## Playing an outage

\`--simulate\` plays an outage in virtual time through the real policies. An entry of the timeline holds until the next, and
what it does not say goes on as before; \`errors\` is a share, not a chance, so that the same file gives the same result.

\`\`\`yaml
${outage.trimEnd()}
\`\`\`

\`\`\`text
${await show('resilience.yml --simulate outage.yml').then(afterFindings)}
\`\`\`

| key           | meaning                                                                                   | default                                |
| ------------- | ----------------------------------------------------------------------------------------- | -------------------------------------- |
| \`timeline\`    | list of \`at\`, \`latency\`, \`errors\`; the first begins at 0                                  |                                        |
| \`rate\`        | how many calls come, evenly spread, e.g. \`5/s\`                                            | none: callers call one after the other |
| \`concurrency\` | how many callers there are; one of \`rate\` and \`concurrency\` is needed                     | as many as the rate needs              |
| \`deadline\`    | how long a caller waits for its answer                                                    | for ever                               |
| \`calls\`       | ends after so many calls                                                                  | no limit                               |
| \`until\`       | no call begins from then on                                                               | a minute after the last entry          |
| \`pause\`       | how long a caller without a rate waits after a call that took no time, e.g. a refused one | 100 ms; 0 if \`calls\` is given          |

\`--rate\`, \`--concurrency\` and \`--deadline\` on the command line win over the file. \`--json\` adds \`simulations\`: for each
instance the transitions, and for each phase what callers saw and what the dependency got.

## In an application

\`\`\`ts
${example.trimEnd()}
\`\`\`

\`observeTraffic\` watches a circuit breaker's events at the same small cost for each call, whatever the traffic, and tells rate
and latency of the last minutes; below five calls it says nothing. Since calls come in bursts, it also tells how many calls
the window has held at most: a minimum that was reached is not called unreachable because the average is low.

## Severities

${severities.map((severity) => `- **${severity}**: ${meanings[severity]}.`).join('\n')}

## Codes

${checks.map(({ code, title, severity, doc }) => `### ${code}\n\n**${severity}.** ${title}.\n\n${doc}`).join('\n\n')}
`;
}

/** The page shows the simulation alone; the findings are shown above. */
function afterFindings(text: string): string {
  const [, ...simulation] = text.split(/\d+ notes?\.\n/);
  return simulation.join('').trim();
}
