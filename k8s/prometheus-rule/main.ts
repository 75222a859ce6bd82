import { writeFileSync } from 'node:fs';
import { prometheusRule, prometheusRuleFile } from './prometheus-rule.ts';

/** `npm run generate rules`: writes the PrometheusRule from the rules of monitoring/. */
writeFileSync(prometheusRuleFile, prometheusRule());
