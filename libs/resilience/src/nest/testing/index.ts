export { ResilienceTestingModule } from './resilience-testing.module.ts';
