import { alert } from './alert';
import { apikey } from './apikey';
import { audit } from './audit';
import { connect } from './connect';
import { delivery } from './delivery';
import { draft } from './draft';
import { event } from './event';
import { integrationPage } from './integrationPage';
import { integrations } from './integrations';
import { problem } from './problem';
import { reason } from './reason';
import { record } from './record';
import { session } from './session';
import { shell } from './shell';
import { system } from './system';
import { testTool } from './testTool';
import { webhook } from './webhook';
import { webhookPage } from './webhookPage';

export const en = {
  alert,
  apikey,
  audit,
  connect,
  delivery,
  draft,
  event,
  integrationPage,
  integrations,
  problem,
  reason,
  record,
  session,
  shell,
  system,
  testTool,
  webhook,
  webhookPage,
};
