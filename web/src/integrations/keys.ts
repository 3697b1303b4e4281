// The last delivery changes with the deliveries.
export const lastDeliveryKey = ['deliveries', 'last'] as const;
