import { Alert, Anchor, Text } from '@mantine/core';
import { Link } from 'react-router';
import { TestButton } from '../alert/TestButton';
import type { Schemas } from '../api';
import { useText } from '../text';
import { Icon, When } from '../ui';
import { Facts, Part } from './Part';

// MailCard shows how the way by e-mail does, and tries it.
export function MailCard({ mail }: { mail: Schemas['MailView'] }) {
  const t = useText();
  const words = t.system.mail;
  return (
    <Part title={words.title} explain={words.explain}>
      {mail.configured ? (
        <>
          <Facts
            facts={[
              [words.server, mail.address],
              [words.from, mail.from],
              [words.tls, mail.tls && words.modes[mail.tls]],
              [words.lastSent, mail.lastSent ? <When key="sent" at={mail.lastSent} /> : words.never],
              [words.lastFailed, mail.lastFailed ? <LastFailure key="failed" mail={mail} /> : words.noFailure],
            ]}
          />
          <TestButton channel="email" />
        </>
      ) : (
        <Alert color="yellow" title={words.none} icon={<Icon name="mail" />}>
          {words.noneText}
        </Alert>
      )}
      <Text size="sm">
        <Anchor component={Link} to="/settings/alerts" size="sm" underline="always">
          {words.alerts}
        </Anchor>
      </Text>
    </Part>
  );
}

function LastFailure({ mail }: { mail: Schemas['MailView'] }) {
  return (
    <>
      <When at={mail.lastFailed} /> {mail.lastError}
    </>
  );
}
