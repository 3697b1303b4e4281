import { alert } from './alert';
import { apikey } from './apikey';
import { audit } from './audit';
import { delivery } from './delivery';
import { draft } from './draft';
import { event } from './event';
import { integrations } from './integrations';
import { problem } from './problem';
import { reason } from './reason';
import { session } from './session';
import { shell } from './shell';
import { system } from './system';
import { testTool } from './testTool';
import { webhook } from './webhook';
import { webhookPage } from './webhookPage';

export const en = { alert, apikey, audit, delivery, draft, event, integrations, problem, reason, session, shell, system, testTool, webhook, webhookPage };
