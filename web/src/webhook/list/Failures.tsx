import { useText } from '../../text';
import { When } from '../../ui';
import type { Webhook } from '../queries';

// Failures says how many tries in a row have failed, and since when.
export function Failures({ health }: { health: Webhook['health'] }) {
  const words = useText().webhook.health;
  const { failures, firstFailure, lastSuccess } = health;
  return (
    <>
      {words.failures(failures, Boolean(lastSuccess))}
      {firstFailure && (
        <>
          {words.first(failures)} <When at={firstFailure} />
        </>
      )}
    </>
  );
}
