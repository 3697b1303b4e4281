import type { Schemas } from '../api';

// The API's shapes by the names that this folder uses.
export type List = Schemas['IntegrationsResponseBody'];
export type Card = Schemas['IntegrationView'];
export type Detail = Schemas['IntegrationDetail'];
export type Status = Card['status'];
export type Health = Schemas['IntegrationHealth'];
export type HealthStatus = Health['status'];
export type Attention = Schemas['AttentionView'];
export type Guidance = Schemas['GuidanceView'];
export type Field = Schemas['FieldView'];
export type Paste = Schemas['PasteView'];
export type Choice = Schemas['ChoiceView'];
export type Rule = Schemas['RuleView'];
export type Run = Schemas['RunView'];
export type Attempt = Schemas['ConnectAttemptView'];
export type CheckResult = Schemas['CheckResponseBody'];
export type Step = Schemas['CheckStepView'];
export type Imported = Schemas['ImportResult'];
export type ImportLine = Schemas['ImportView'];
export type ImportRow = Schemas['ImportRowView'];
export type Impact = Schemas['ImpactResponseBody'];
export type HealthItem = Schemas['HealthResultView'];
export type Strip = Schemas['HealthSlotView'];
export type Notification = Schemas['NotificationView'];
export type Change = Schemas['ChangeIntegrationRequestBody'];
