import { parseFlags, UsageError } from '@breakwater/system-runner';

export const usage = `npm run cluster -w k8s -- --context NAME [--keep]

Checks the system on a real cluster: installs k8s/overlays/local with the network policies, sends load, breaks parts of it,
replaces all of it, and compares the ledger with the responses of clients after each step. It takes 15 to 20 minutes.
The namespaces breakwater and breakwater-clients must not exist; they and the PriorityClass are removed at the end.

  --context NAME    the context of kubectl, such as kind-breakwater
  --keep            leaves everything in the cluster at the end
  --short           only the steps that show most in eight minutes
  --steps A,B       only these steps after the installation (--list shows them)
  --scale-down S    the seconds for which autoscalers wait before they remove replicas; default: 30. The manifests have 300,
                    which "committed" keeps
  --out FOLDER      where the result is written; default: k8s/results
  --list            lists the steps
`;

/** What to do. */
export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'list' }
  | {
      readonly kind: 'run';
      readonly context: string;
      readonly isKept: boolean;
      /** Names of steps; undefined for all. */
      readonly steps: readonly string[] | undefined;
      /** Undefined keeps the committed value. */
      readonly scaleDownSeconds: number | undefined;
      readonly out: string | undefined;
    };

/** Policies, the circuit breaker, a rollout, and a process that dies. */
export const shortSteps = ['network-policies', 'broken-customer', 'roll-out-account', 'kill-9'];

/** @throws UsageError with one sentence */
export function parseOptions(args: readonly string[], stepNames: readonly string[]): Command {
  const { values } = parseFlags({
    args: [...args],
    options: {
      context: { type: 'string' },
      keep: { type: 'boolean', default: false },
      short: { type: 'boolean', default: false },
      steps: { type: 'string' },
      'scale-down': { type: 'string', default: '30' },
      out: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return { kind: 'help' };
  if (values.list) return { kind: 'list' };
  if (values.context === undefined || values.context === '') {
    throw new UsageError('--context NAME is required, so that no other cluster is changed by mistake');
  }
  if (values.short && values.steps !== undefined) throw new UsageError('--short and --steps exclude each other');
  const steps = values.short ? shortSteps : values.steps?.split(',');
  const unknown = steps?.find((name) => !stepNames.includes(name));
  if (unknown !== undefined) throw new UsageError(`--steps has '${unknown}'; the steps are ${stepNames.join(', ')}`);
  return {
    kind: 'run',
    context: values.context,
    isKept: values.keep,
    steps,
    scaleDownSeconds: scaleDownSecondsOf(values['scale-down']),
    out: values.out,
  };
}

function scaleDownSecondsOf(text: string): number | undefined {
  if (text === 'committed') return undefined;
  const seconds = Number(text);
  // The limits of Kubernetes.
  if (!/^\d+$/.test(text) || seconds > 3_600) {
    throw new UsageError(`--scale-down is 0 to 3600 seconds, or committed, not '${text}'`);
  }
  return seconds;
}
