import { useDebouncedValue } from '@mantine/hooks';
import { useToggleWebhook } from './queries';

const patience = 400; // ms before a wait is spoken of

// useSwitch switches a webhook. It waits where switching off takes a while: until
// no request can start any more.
export function useSwitch(id: string) {
  const toggle = useToggleWebhook();
  const off = toggle.isPending && !toggle.variables.enabled && !toggle.variables.reason;
  const [slow] = useDebouncedValue(off, patience);
  const turn = (enabled: boolean, onDone: () => void) => toggle.mutate({ id, enabled }, { onSuccess: onDone });
  return { turn, waits: off && slow };
}
