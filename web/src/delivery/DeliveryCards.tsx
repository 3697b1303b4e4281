import { Card, Group, Stack, Text } from '@mantine/core';
import { useText } from '../text';
import { Address, StatusBadge, When } from '../ui';
import { clock } from './clock';
import type { DeliveryTableProps } from './DeliveryTable';
import classes from './DeliveryTable.module.css';
import { RetryButton } from './RetryButton';
import { RowLink } from './RowLink';
import { resultWords } from './words';

// DeliveryCards is the table of a narrow screen.
export function DeliveryCards({ items, caption, hideWebhook = false, hideEvent = false }: DeliveryTableProps) {
  const t = useText();
  return (
    <ul className={classes.cards} aria-label={caption ?? t.delivery.caption}>
      {items.map((item) => (
        <Card component="li" key={item.id} withBorder padding="sm">
          <Stack gap={6}>
            <Group justify="space-between" wrap="nowrap" align="flex-start" gap="xs">
              <RowLink item={item} text={hideEvent ? item.webhookUrl : item.eventType} />
              <StatusBadge status={item.state} />
            </Group>
            {!hideWebhook && !hideEvent && (
              <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                <Address url={item.webhookUrl} />
              </Text>
            )}
            <Text size="sm">{resultWords(item, t)}</Text>
            {item.nextAttempt && (
              <Text size="sm">
                {t.delivery.column.next}: {clock(item.nextAttempt)}
              </Text>
            )}
            <Group justify="space-between" gap="xs">
              <Text size="sm" c="dimmed" component="div">
                <When at={item.created} />
              </Text>
              {item.state === 'failed' && <RetryButton delivery={item} compact />}
            </Group>
          </Stack>
        </Card>
      ))}
    </ul>
  );
}
