export { DeliveryTable } from './DeliveryTable';
export { ReplayDialog } from './ReplayDialog';
