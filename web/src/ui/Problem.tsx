import { Alert, Button, List, Text } from '@mantine/core';
import { ApiProblem, isAway } from '../api';
import { useText, type Text as Texts } from '../text';
import { Icon } from './icons';
import { Sentence } from './Sentence';

interface Words {
  title: string;
  detail: string;
  fix: string;
  fields: string[];
}

// wordsOf puts any error into words: the server's own, where it has them.
export function wordsOf(error: unknown, t: Texts): Words {
  if (error instanceof ApiProblem && error.type !== 'about:blank') {
    const fields = error.errors.map((e) => t.problem.field(e.location, e.message));
    return { title: error.title, detail: error.detail, fix: error.fix, fields };
  }
  if (isAway(error)) return { ...t.problem.away, fields: [] };
  if (error instanceof ApiProblem) return { ...t.problem.answer(error.status), fields: [] };
  return { ...t.problem.unknown, fields: [] };
}

interface Props {
  error: unknown;
  onRetry?: () => void;
  retrying?: boolean;
}

// Problem shows an error with its fix; nothing when there is none.
export function Problem({ error, onRetry, retrying }: Props) {
  const t = useText();
  if (!error) return null;
  const words = wordsOf(error, t);
  return (
    <Alert role="alert" color="red" title={words.title} icon={<Icon name="alert" />}>
      <Text size="sm">
        <Sentence text={words.detail} />
      </Text>
      {words.fields.length > 0 && (
        <List size="sm" mt={4}>
          {words.fields.map((field) => (
            <List.Item key={field}>{field}</List.Item>
          ))}
        </List>
      )}
      {words.fix && (
        <Text size="sm" mt={4} fw={500}>
          <Sentence text={words.fix} />
        </Text>
      )}
      {onRetry && (
        <Button mt="sm" size="xs" variant="default" loading={retrying} onClick={onRetry}>
          {t.problem.retry}
        </Button>
      )}
    </Alert>
  );
}
