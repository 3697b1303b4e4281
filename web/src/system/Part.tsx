import { Card, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

// Part is a section of the page.
export function Part({ title, explain, children }: { title: string; explain?: string; children: ReactNode }) {
  return (
    <Card withBorder component="section" aria-label={title}>
      <Stack gap="sm">
        <div>
          <Title order={2} size="h4">
            {title}
          </Title>
          {explain && (
            <Text size="sm" c="dimmed">
              {explain}
            </Text>
          )}
        </div>
        {children}
      </Stack>
    </Card>
  );
}

// Facts are names with their values.
export function Facts({ facts }: { facts: [string, ReactNode][] }) {
  return (
    <dl style={{ margin: 0, display: 'grid', gridTemplateColumns: 'fit-content(40%) minmax(0, 1fr)', gap: '4px 16px' }}>
      {facts.map(([name, value]) => (
        <Fact key={name} name={name}>
          {value}
        </Fact>
      ))}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <Text component="dt" size="sm" c="dimmed">
        {name}
      </Text>
      <Text component="dd" size="sm" m={0} style={{ overflowWrap: 'anywhere' }}>
        {children}
      </Text>
    </>
  );
}
