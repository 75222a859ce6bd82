import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { k8sFolder } from '../kustomize/kustomize.ts';

const rulesFolder = join(k8sFolder, '../monitoring/prometheus/rules');

export const prometheusRuleFile = join(k8sFolder, 'components/monitoring/prometheus-rule.yaml');

/**
 * The rules of monitoring/ as a resource of the Prometheus Operator. The operator reads no ConfigMap, and Kustomize
 * cannot insert a file into an object, so the resource is generated and a test compares it with the rules.
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
  return `# Written by \`npm run generate rules\` from monitoring/prometheus/rules, which explains each rule.\n${stringify(rule, { lineWidth: 0 })}`;
}

// `npm run generate rules`.
if (import.meta.main) writeFileSync(prometheusRuleFile, prometheusRule());
