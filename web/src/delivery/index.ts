export { DeliveryListView } from './DeliveryListView';
export { DeliveryTable, type DeliveryTableProps } from './DeliveryTable';
export { deliveryKeys } from './keys';
export { useDeliveries, useWebhookDeliveries, type DeliveryList } from './queries';
export { ReplayDialog } from './ReplayDialog';
export { TimingBar } from './TimingBar';
export { type Delivery } from './words';
