import { Alert, Badge, Group, Text } from '@mantine/core';
import { useText } from '../text';
import { Icon, Num, When } from '../ui';
import classes from './Equation.module.css';
import { equationOf, terms, type Counts } from './equation';
import { Part } from './Part';

// CountsCard shows the books of deliveries as an equation, with who last held
// them against the rows.
export function CountsCard({ counts }: { counts: Counts }) {
  const t = useText();
  const words = t.system.counts;
  const { holds, missing, created } = equationOf(counts);
  return (
    <Part title={words.title} explain={words.explain}>
      <Group gap="md" align="center">
        <dl className={classes.equation} aria-label={words.equation}>
          <Term sign="" name={words.terms.created} value={created} />
          {terms.map((term, i) => (
            <Term key={term} sign={i === 0 ? '=' : '+'} name={words.terms[term]} value={counts[term]} />
          ))}
        </dl>
        <Badge variant="dot" color={holds ? 'green' : 'red'} tt="none" fw={500} size="lg">
          {holds ? words.holds : words.broken}
        </Badge>
      </Group>
      {!holds && (
        <Alert role="alert" color="red" title={words.broken} icon={<Icon name="alert" />}>
          {words.missing(missing)} {words.defect}
        </Alert>
      )}
      <Check check={counts.check} />
    </Part>
  );
}

function Term({ sign, name, value }: { sign: string; name: string; value: number }) {
  return (
    <div className={classes.term} data-sign={sign}>
      <dt>{name}</dt>
      <dd>
        <Num value={value} />
      </dd>
    </div>
  );
}

function Check({ check }: { check: Counts['check'] }) {
  const t = useText();
  const words = t.system.counts.check;
  if (!check) {
    return (
      <Text size="sm" c="dimmed">
        {words.none}
      </Text>
    );
  }
  const text = (
    <>
      {words[check.verdict]} {words.at} <When at={check.at} />.
    </>
  );
  if (check.verdict === 'holds') {
    return (
      <Text size="sm" c="dimmed" component="div">
        {text}
      </Text>
    );
  }
  const differs = check.verdict === 'differs';
  return (
    <Alert role={differs ? 'alert' : undefined} color={differs ? 'red' : 'yellow'} icon={<Icon name="alert" />}>
      {text}
    </Alert>
  );
}
