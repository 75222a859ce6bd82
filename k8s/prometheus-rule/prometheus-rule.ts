import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { k8sFolder } from '../kustomize/combinations.ts';

const rulesFolder = join(k8sFolder, '../monitoring/prometheus/rules');

export const prometheusRuleFile = join(k8sFolder, 'components/monitoring/prometheus-rule.yaml');

/**
 * The rules of monitoring/ as the Prometheus Operator takes them. It takes no ConfigMap, and Kustomize puts no file into the
 * middle of an object: so this one is written, and a test holds it to the rules.
 */
export function prometheusRule(): string {
  const groups = ['recording.yml', 'alerts.yml'].flatMap((file) => {
    const rules = parse(readFileSync(join(rulesFolder, file), 'utf8')) as { groups: object[] };
    return rules.groups;
  });
  const rule = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: {
      name: 'breakwater',
      namespace: 'breakwater',
      labels: { 'app.kubernetes.io/part-of': 'breakwater' },
    },
    spec: { groups },
  };
  return `# Written by \`npm run generate rules\` from monitoring/prometheus/rules, where each has its reasons.\n${stringify(rule, { lineWidth: 0 })}`;
}
