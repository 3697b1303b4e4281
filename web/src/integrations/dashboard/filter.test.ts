import { expect, test } from 'vitest';
import { attention, calendar, gmail, hubspot, listOf, slack } from '../fixture';
import { cardsOf, categories, filters, matching, standing } from './filter';

const cards = cardsOf(listOf());
const names = (category: (typeof categories)[number], text = '') => matching(cards, { category, text }).map((card) => card.name);

test('the choices are those of the page, in its order', () => {
  expect(categories).toEqual(['All', 'Email', 'Communication', 'Marketing', 'Social', 'CRM', 'Custom']);
});

test('a category and words narrow the cards', () => {
  expect(names('All')).toEqual(['Gmail', 'Google Calendar', 'Slack', 'HubSpot', 'LinkedIn', 'Salesforce']);
  expect(names('Email')).toEqual(['Gmail', 'Google Calendar']);
  expect(names('Custom')).toEqual([]);
  expect(names('All', 'SYNC  events')).toEqual(['Gmail', 'Google Calendar']);
  expect(names('CRM', 'gmail')).toEqual([]);
  expect(names('All', 'available')).toEqual(['Slack', 'HubSpot', 'LinkedIn', 'Salesforce']);
  expect(names('All', 'ana@example.org')).toEqual(['Gmail', 'Google Calendar']);
});

test('the filter stands in the address, and nothing else of it changes', () => {
  const from = new URLSearchParams('webhooks=open&category=CRM&q=sales');
  expect(filters.read(from)).toEqual({ category: 'CRM', text: 'sales' });
  expect(filters.write(from, { category: 'All', text: '' }).toString()).toBe('webhooks=open');
  expect(filters.write(new URLSearchParams(), { category: 'Email', text: 'a b' }).toString()).toBe('category=Email&q=a+b');
  expect(filters.read(new URLSearchParams('category=Moon'))).toEqual({ category: 'All', text: '' });
});

test('how the connected ones are is counted, and each once', () => {
  const paused = { ...calendar, enabled: false, status: 'Paused' as const };
  const broken = { ...gmail, status: 'Reconnect needed' as const, attention };
  const fresh = { ...gmail, health: undefined };
  const degraded = { ...gmail, health: { status: 'degraded' as const, since: '' } };
  expect(standing([gmail, paused, broken, fresh, degraded, slack, hubspot])).toEqual({ connected: 5, healthy: 1, broken: 2, paused: 1, unchecked: 1 });
  expect(standing([{ ...slack, status: 'Connecting' }])).toMatchObject({ connected: 0 });
});
