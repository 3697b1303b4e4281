import { Alert, Anchor, SimpleGrid, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import { VerificationState } from '../audit/VerificationState';
import { useSession } from '../session';
import { useText } from '../text';
import { absolute, Icon, Num, PageHeader, Problem, Rows } from '../ui';
import { CountsCard } from './CountsCard';
import { DiskCard } from './DiskCard';
import { LanesCard } from './LanesCard';
import { MailCard } from './MailCard';
import { NodesCard } from './NodesCard';
import { Facts, Part } from './Part';
import { useSystem, type System } from './queries';

export default function SystemPage() {
  const t = useText();
  const session = useSession();
  const may = session.can('system.read');
  const system = useSystem(may);
  return (
    <>
      <PageHeader title={t.system.title} subtitle={t.system.subtitle} />
      {!may && (
        <Alert color="blue" title={t.system.denied} icon={<Icon name="lock" />}>
          {t.system.deniedText}
        </Alert>
      )}
      {may && (
        <Stack gap="md">
          {system.error && <Problem error={system.error} onRetry={() => void system.refetch()} retrying={system.isFetching} />}
          {system.data ? <Parts system={system.data} /> : !system.error && <Rows n={8} height={28} />}
        </Stack>
      )}
    </>
  );
}

function Parts({ system }: { system: System }) {
  const t = useText();
  return (
    <>
      <CountsCard counts={system.deliveries} />
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <About system={system} />
        <DiskCard disk={system.disk} shared={system.database !== 'SQLite'} />
      </SimpleGrid>
      <LanesCard lanes={system.lanes} now={system.time} />
      <NodesCard nodes={system.nodes} now={system.time} />
      <MailCard mail={system.mail} />
      <Part title={t.system.audit.title}>
        <VerificationState state={system.audit} />
        <Text size="sm">
          {t.system.audit.entries}: <Num value={system.audit.entries} />
          {' · '}
          <Anchor component={Link} to="/settings/audit" size="sm" underline="always">
            {t.system.audit.open}
          </Anchor>
        </Text>
      </Part>
    </>
  );
}

function About({ system }: { system: System }) {
  const t = useText();
  const words = t.system.about;
  return (
    <Part title={words.title}>
      <Facts
        facts={[
          [words.version, system.version],
          [words.database, system.database],
          [words.time, absolute(new Date(system.time))],
          [words.streams, <Num key="streams" value={system.streams} />],
        ]}
      />
    </Part>
  );
}
