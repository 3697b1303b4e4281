export type { TrackedEvent, TrackedEvents } from './catalog';
export { useTracked, useTrackingFor } from './hooks';
export { track } from './track';
