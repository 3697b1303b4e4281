import { Alert, type AlertProps } from '@mantine/core';

// Note is an alert whose title keeps its contrast in every colour and scheme.
export function Note(props: AlertProps) {
  return <Alert {...props} styles={{ title: { color: 'var(--mantine-color-text)' } }} />;
}
