import { Alert, Button, List, Stack, Text } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useText } from '../../text';
import { Address, Confirm, Icon, Rows, Sentence } from '../../ui';
import { Section } from '../../webhook/page/Section';
import type { Detail, Impact } from '../types';
import { useDisconnect, useImpact } from './queries';

// Ended is what came of a disconnect.
export interface Ended {
  revoked: boolean; // at the provider too
  message: string;
  stays: string;
}

interface Props {
  detail: Detail;
  onEnded: (ended: Ended) => void;
}

// DisconnectCard ends the access, after it has said what stops with it.
export function DisconnectCard({ detail, onEnded }: Props) {
  const t = useText().integrationPage.disconnect;
  const [asking, setAsking] = useState(false);
  const impact = useImpact(detail.slug, asking);
  const disconnect = useDisconnect();
  const close = () => {
    disconnect.reset();
    setAsking(false);
  };
  // What it was is told by the page: this card goes with the connection.
  const run = async () => {
    try {
      onEnded(await disconnect.mutateAsync(detail.slug));
      close();
    } catch {
      // the dialog shows why
    }
  };
  return (
    <>
      <Section
        title={t.title}
        text={t.text}
        actions={
          <Button color="red" variant="outline" leftSection={<Icon name="trash" />} onClick={() => setAsking(true)}>
            {t.action}
          </Button>
        }
      />
      <Confirm
        opened={asking}
        title={t.question(detail.name)}
        consequence={
          <Stack gap="sm">
            <div>
              <Text size="sm" fw={600}>
                {t.stops}
              </Text>
              {impact.data ? <Stops impact={impact.data} /> : impact.isError ? <Text size="sm">{t.unknown}</Text> : <Rows n={3} />}
            </div>
            <div>
              <Text size="sm" fw={600}>
                {t.stays}
              </Text>
              <Text size="sm">
                <Sentence text={detail.stays} />
              </Text>
            </div>
          </Stack>
        }
        confirmLabel={t.confirm}
        destructive
        busy={disconnect.isPending}
        error={disconnect.error}
        onConfirm={() => void run()}
        onClose={close}
      />
    </>
  );
}

function Stops({ impact }: { impact: Impact }) {
  const t = useText().integrationPage.disconnect;
  return (
    <>
      <Text size="sm">{t.week}</Text>
      <List size="sm">
        <List.Item>{t.syncs(impact.syncs)}</List.Item>
        <List.Item>{t.records(impact.records)}</List.Item>
        <List.Item>{t.events(impact.events)}</List.Item>
        <List.Item>{t.notifications(impact.notifications)}</List.Item>
      </List>
      {impact.webhooks.length > 0 && (
        <>
          <Text size="sm" mt={4}>
            {t.webhooks}
          </Text>
          <List size="sm">
            {impact.webhooks.map((webhook) => (
              <List.Item key={webhook.id} style={{ overflowWrap: 'anywhere' }}>
                <Address url={webhook.url} />: {webhook.events.join(', ')}
              </List.Item>
            ))}
          </List>
        </>
      )}
    </>
  );
}

// Disconnected stands on the page afterwards.
export function Disconnected({ ended, name, onClose }: { ended: Ended; name: string; onClose: () => void }) {
  const t = useText();
  const words = t.integrationPage.disconnect;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), []); // the button that had it is gone
  return (
    <Alert
      ref={box}
      tabIndex={-1}
      color={ended.revoked ? 'green' : 'yellow'}
      role="status"
      title={words.done(name)}
      icon={<Icon name={ended.revoked ? 'check' : 'alert'} />}
      withCloseButton
      closeButtonLabel={t.shell.dismiss}
      onClose={onClose}
    >
      {!ended.revoked && (
        <Text size="sm" fw={600}>
          {words.byHand}
        </Text>
      )}
      {ended.message && (
        <Text size="sm">
          <Sentence text={ended.message} />
        </Text>
      )}
      <Text size="sm">
        <Sentence text={ended.stays} />
      </Text>
    </Alert>
  );
}
