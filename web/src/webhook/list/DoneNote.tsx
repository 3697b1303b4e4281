import { Alert, Text } from '@mantine/core';
import { useText } from '../../text';
import { Address, Icon } from '../../ui';

// Done is what was just done to a webhook.
export interface Done {
  id: string; // of the webhook
  title: string;
  url: string;
  more?: string;
}

interface Props {
  done: Done | null;
  onClose: () => void;
}

// DoneNote confirms it where it happened, in the webhook's row, and covers nothing;
// above the list where the row is gone.
export function DoneNote({ done, onClose }: Props) {
  const t = useText();
  return (
    <div role="status" style={{ display: done ? undefined : 'none' }}>
      {done && (
        <Alert color="green" p="xs" title={done.title} icon={<Icon name="check" />} withCloseButton closeButtonLabel={t.shell.dismiss} onClose={onClose}>
          <Text size="sm">
            <Address url={done.url} />
          </Text>
          {done.more && <Text size="sm">{done.more}</Text>}
        </Alert>
      )}
    </div>
  );
}
