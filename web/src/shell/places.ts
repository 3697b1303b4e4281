import type { Text } from '../text';
import type { IconName } from '../ui';

export interface Place {
  to: string;
  name: keyof Text['shell']['pages'];
  icon: IconName;
  under: string[]; // addresses that belong to it
  permission?: string;
}

// places are the entries of the navigation, in order.
export const places: Place[] = [
  { to: '/settings/integrations', name: 'integrations', icon: 'plug', under: ['/settings/integrations', '/settings/webhooks'] },
  { to: '/settings/records', name: 'records', icon: 'list', under: ['/settings/records'] },
  { to: '/settings/deliveries', name: 'deliveries', icon: 'send', under: ['/settings/deliveries'] },
  { to: '/settings/events', name: 'events', icon: 'bolt', under: ['/settings/events', '/settings/event-types'] },
  { to: '/settings/alerts', name: 'alerts', icon: 'bell', under: ['/settings/alerts'] },
  { to: '/settings/audit', name: 'audit', icon: 'shield', under: ['/settings/audit'] },
  { to: '/settings/system', name: 'system', icon: 'server', under: ['/settings/system'], permission: 'system.read' },
];

// isAt says if an address belongs to a place.
export function isAt(place: Place, pathname: string): boolean {
  return place.under.some((start) => pathname === start || pathname.startsWith(`${start}/`));
}
