import { expect, test } from 'vitest';
import { isCredential } from './credential';

test.each([
  'https://hooks.slack.com/services/T1234567/AAAAAAAA/ZZZZZZ',
  'HTTPS://HOOKS.SLACK.COM',
  'https://hooks.slack.com:443/services',
  'https://discord.com/api/webhooks/1/x',
  'https://prod-1.westeurope.logic.azure.com:443/workflows/1',
  'https://acme.webhook.office.com/webhookb2/1',
  'https://hooks.zapier.com/hooks/catch/1/abc',
  'https://user:secret@api.example.com/hook',
  'https://user:sec', // half a password
  'https://user@api.example.com',
  'https://api.example.com/hook?token=a',
  'https://api.example.com/hook#a',
  'https://n8n.example.com/webhook/0f9c3a52-7d1e-4f6e-9a55-2f1d0c9b8a77',
  ' https://hooks.slack.com/services',
])('%s may be a secret', (url) => expect(isCredential(url)).toBe(true));

test.each([
  '',
  'https',
  'https://api.example.com/webhooks/contacts',
  'https://api.example.com:8443/webhooks',
  'https://your-api.com/billing/invoices-of-every-country',
  'https://notslack.com/services',
  'https://slack.com.example.com/',
])('%s is none', (url) => expect(isCredential(url)).toBe(false));
