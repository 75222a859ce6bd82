/** What the doctor's page and its worker use: all of it runs in browsers, too. */
export type { ConfigFile } from '../config/config-text.ts';
export { documentsInText } from '../config/config-text.ts';
export { diagnose } from './diagnose.ts';
export { explain } from './explain.ts';
export type { Instance } from './instance.ts';
export { instancesIn } from './instance.ts';
export type { AnyFinding } from './report.ts';
export { stormFindings } from './storm/storm-findings.ts';
export type { StormJob, StormRequest, StormResponse, StormThread } from './storm/storm-job.ts';
export { runOnThreads, stormJob } from './storm/storm-job.ts';
export type { Progress, RunPoints, StormSurvey } from './storm/storm-map.ts';
export { surveyStorms } from './storm/storm-map.ts';
export { leftOut } from './storm/storm-model.ts';
export { looks, stormConclusions } from './storm/storm-report.ts';
export type { StormSetting, StormSettings } from './storm/storm-settings.ts';
export { defaultSettings, stormSettings } from './storm/storm-settings.ts';
export { stormMapAsSvg } from './storm/storm-svg.ts';
export { describeModel } from './storm/words.ts';
