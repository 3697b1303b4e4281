import { lazy, type ComponentType } from 'react';
import { createBrowserRouter, Navigate } from 'react-router';
import { Broken } from './shell/Broken';
import { Frame } from './shell/Frame';
import { onceMore } from './ui/onceMore';

type Page = { default: ComponentType };

// page loads a page's script when it is opened.
const page = (load: () => Promise<Page>) => lazy(onceMore(load));

const SignIn = page(() => import('./session/SignInPage'));
const Setup = page(() => import('./session/SetupPage'));
const Integrations = page(() => import('./integrations/IntegrationsPage'));
const Integration = page(() => import('./integrations/page/IntegrationPage'));
const Connected = page(() => import('./integrations/connect/ConnectedPage'));
const Webhook = page(() => import('./webhook/WebhookPage'));
const WebhookTest = page(() => import('./webhook/TestPage'));
const Records = page(() => import('./record/RecordsPage'));
const RecordOne = page(() => import('./record/RecordPage'));
const Deliveries = page(() => import('./delivery/DeliveriesPage'));
const Events = page(() => import('./event/EventsPage'));
const Event = page(() => import('./event/EventPage'));
const EventTypes = page(() => import('./event/EventTypesPage'));
const Alerts = page(() => import('./alert/AlertsPage'));
const Audit = page(() => import('./audit/AuditPage'));
const System = page(() => import('./system/SystemPage'));
const Missing = page(() => import('./shell/Missing'));

const pages = [
  { path: 'settings/integrations', Component: Integrations },
  { path: 'settings/integrations/:slug', Component: Integration },
  { path: 'settings/webhooks/:id', Component: Webhook },
  { path: 'settings/webhooks/:id/test', Component: WebhookTest },
  { path: 'settings/records/:kind', Component: Records },
  { path: 'settings/records/:kind/:id', Component: RecordOne },
  { path: 'settings/deliveries', Component: Deliveries },
  { path: 'settings/events', Component: Events },
  { path: 'settings/events/:id', Component: Event },
  { path: 'settings/event-types', Component: EventTypes },
  { path: 'settings/alerts', Component: Alerts },
  { path: 'settings/audit', Component: Audit },
  { path: 'settings/system', Component: System },
  { path: '*', Component: Missing },
];

export const newRouter = () =>
  createBrowserRouter([
    { path: '/sign-in', Component: SignIn, ErrorBoundary: Broken },
    { path: '/setup', Component: Setup, ErrorBoundary: Broken },
    { path: '/connected', Component: Connected, ErrorBoundary: Broken }, // a provider leads back to it
    {
      path: '/',
      Component: Frame,
      ErrorBoundary: Broken,
      children: [
        { index: true, element: <Navigate to="/settings/integrations" replace /> },
        { path: 'settings', element: <Navigate to="/settings/integrations" replace /> },
        { path: 'settings/records', element: <Navigate to="/settings/records/contacts" replace /> },
        ...pages.map((each) => ({ ...each, ErrorBoundary: Broken })),
      ],
    },
  ]);
