import { useWebhooks } from '../webhook/queries';

// useIsOn tells if a webhook takes deliveries at this moment; undefined if that is
// not known.
export function useIsOn() {
  const webhooks = useWebhooks().data?.activeWebhooks;
  return (id: string): boolean | undefined => {
    const webhook = webhooks?.find((w) => w.id === id);
    return webhook && webhook.status !== 'off' && webhook.status !== 'disabled';
  };
}
