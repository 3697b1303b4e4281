import { Alert, Progress, Text } from '@mantine/core';
import { useText } from '../text';
import { Icon } from '../ui';
import { bytes, roomOf, type Disk } from './disk';
import { Facts, Part } from './Part';

// DiskCard shows what the data take up and how much room there is.
export function DiskCard({ disk, shared }: { disk: Disk; shared: boolean }) {
  const t = useText();
  const words = t.system.disk;
  const room = roomOf(disk);
  const free = disk.freeBytes !== undefined && disk.totalBytes !== undefined ? words.free(bytes(disk.freeBytes), bytes(disk.totalBytes)) : words.unknown;
  return (
    <Part title={words.title}>
      <Facts
        facts={[
          [words.database, bytes(disk.databaseBytes)],
          [words.used, free],
        ]}
      />
      {room && <Progress value={room.used * 100} color={room.low ? 'red' : undefined} aria-label={words.bar} />}
      {room?.low && (
        <Alert role="alert" color="red" title={words.low} icon={<Icon name="alert" />}>
          {words.lowText}
        </Alert>
      )}
      <Text size="xs" c="dimmed">
        {words.here} {shared && words.elsewhere}
      </Text>
    </Part>
  );
}
