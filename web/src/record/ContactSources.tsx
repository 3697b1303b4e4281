import { Badge, Card, Group, Stack, Text, VisuallyHidden } from '@mantine/core';
import { Fact, Facts } from '../delivery/Facts';
import classes from '../delivery/DeliveryTable.module.css';
import { useText } from '../text';
import { CopyId, Icon, When } from '../ui';
import { Section } from '../webhook/page/Section';
import { contactFields, valueOf, type Field } from './facts';
import type { Contact, ContactSource } from './kind';
import { useSourceName } from './useSourceName';

// ContactSources shows what each source says of a contact, and which of it is shown.
export function ContactSources({ contact }: { contact: Contact }) {
  const words = useText().record;
  const nameOf = useSourceName();
  return (
    <Section title={words.sources} text={words.sourcesText}>
      <ul className={classes.cards} aria-label={words.sources}>
        {contact.sources.map((source) => (
          <Source key={`${source.source} ${source.account ?? ''} ${source.externalId ?? ''}`} source={source} contact={contact} nameOf={nameOf} />
        ))}
      </ul>
    </Section>
  );
}

interface Props {
  source: ContactSource;
  contact: Contact;
  nameOf: (source: string) => string;
}

function Source({ source, contact, nameOf }: Props) {
  const words = useText().record;
  const said = contactFields.filter((field) => valueOf(source.values, field) !== undefined);
  const connected = source.connected?.date ?? source.connected?.text; // a day, the same everywhere
  return (
    <Card component="li" withBorder padding="sm">
      <Stack gap="sm">
        <Group justify="space-between" gap="xs">
          <Text fw={600}>{nameOf(source.source)}</Text>
          <Text size="sm" c="dimmed" component="div">
            {words.changed} <When at={source.updated} />
          </Text>
        </Group>
        <Facts>
          {said.map((field) => (
            <Fact key={field} name={words.fields[field]}>
              <Value source={source} field={field} overruledBy={overruledBy(contact, field, nameOf)} />
            </Fact>
          ))}
          {connected && <Fact name={words.connected}>{connected}</Fact>}
        </Facts>
        <Group gap="md">
          {source.externalId && (
            <Text size="sm" c="dimmed" component="div">
              {words.externalId}: <CopyId value={source.externalId} label={words.copyExternalId} />
            </Text>
          )}
          {source.account && (
            <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
              {words.account}: {source.account}
            </Text>
          )}
        </Group>
      </Stack>
    </Card>
  );
}

// overruledBy names who has the field instead.
function overruledBy(contact: Contact, field: Field, nameOf: Props['nameOf']): string {
  const winner = contact.sources.find(({ wins }) => wins.includes(field));
  return winner ? nameOf(winner.source) : '';
}

// Value is what a source says of a field; beside it is whether the contact shows it.
function Value({ source, field, overruledBy: by }: { source: ContactSource; field: Field; overruledBy: string }) {
  const words = useText().record;
  const value = valueOf(source.values, field);
  if (source.wins.includes(field)) {
    return (
      <Group gap={6} wrap="nowrap" align="flex-start">
        <span>{value}</span>
        <Badge variant="default" size="sm" tt="none" leftSection={<Icon name="check" size={10} />} style={{ flexShrink: 0 }}>
          {words.shown}
        </Badge>
      </Group>
    );
  }
  return (
    <Text size="sm" c="dimmed" component="span">
      {value}
      {by && (
        <>
          {' '}
          <VisuallyHidden>–</VisuallyHidden>
          <Text size="xs" span>
            {field === 'email' ? words.sameAddress : words.overruled(by)}
          </Text>
        </>
      )}
    </Text>
  );
}
