// The API's shapes by the names that this folder uses.
export type {
  Attempt, Attention, Card, Change, CheckResult, Choice, Detail, Field, Guidance, Health, HealthItem, HealthPage, HealthStatus, Impact, List, Notification, Rule, Run, Status, Step, Strip,
} from './wire';
