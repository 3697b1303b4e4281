import { Modal, Stack, Text } from '@mantine/core';
import { useCallback, useEffect, useReducer, useRef, useState } from 'react';
import { ApiProblem } from '../../api';
import { useSession } from '../../session';
import { useText } from '../../text';
import { Empty, Problem, Rows } from '../../ui';
import { isConnected } from '../dashboard/filter';
import type { Guide } from '../guide';
import { useIntegration } from '../queries';
import type { Detail } from '../types';
import { AboutStep } from './AboutStep';
import { ChoicesStep } from './ChoicesStep';
import { DoneStep } from './DoneStep';
import { chosenOf } from './draft';
import { PermissionsStep } from './PermissionsStep';
import { useNeeds } from './queries';
import { SettingsStep } from './SettingsStep';
import { SetupStep } from './SetupStep';
import { SignInStep } from './SignInStep';
import { TokenStep } from './TokenStep';
import { after, stepAt, stepsOf, type Step } from './steps';

interface Props {
  slug: string;
  guide: Guide;
}

// ConnectGuide leads through connecting an integration, a step after the other.
export default function ConnectGuide({ slug, guide }: Props) {
  const t = useText();
  const query = useIntegration(slug);
  const detail = query.data;
  const [again, setAgain] = useState<boolean | null>(null); // what the guide was opened for
  if (detail && again === null) setAgain(isConnected(detail) && guide.attempt === null && guide.step !== 'done');
  const title = detail ? (again ? t.connect.again(detail.name) : t.connect.title(detail.name)) : t.integrations.connect;
  const gone = query.error instanceof ApiProblem && query.error.status === 404;
  return (
    <Modal opened onClose={guide.close} title={title} size="40rem">
      {detail && <Steps detail={detail} guide={guide} again={again === true} />}
      {!detail && gone && <Empty title={t.integrationPage.gone} text={t.integrationPage.goneText} />}
      {!detail && !gone && (query.error ? <Problem error={query.error} onRetry={() => void query.refetch()} retrying={query.isFetching} /> : <Rows n={5} />)}
    </Modal>
  );
}

// StepProps are what each step gets.
export interface StepProps {
  detail: Detail;
  guide: Guide;
  onNext: () => void;
  onChosen: () => void; // other settings, kept as a draft
}

const shown: Record<Step, (props: StepProps) => React.ReactNode> = {
  about: AboutStep,
  permissions: PermissionsStep,
  settings: SettingsStep,
  setup: SetupStep,
  signin: SignInStep,
  choices: ChoicesStep,
  done: DoneStep,
};

function Steps({ detail, guide, again }: { detail: Detail; guide: Guide; again: boolean }) {
  const t = useText().connect;
  const person = useSession().user.id;
  // What was chosen in a step before counts: where a token is pasted, nothing else is asked for.
  const [, onChosen] = useReducer((n: number) => n + 1, 0);
  const { token, known } = useNeeds(detail, chosenOf(detail, person));
  const all = stepsOf(detail, guide.step, again, token !== undefined);
  const step = stepAt(all, guide.step, guide.attempt);
  const next = after(all, step);
  const heading = useRef<HTMLParagraphElement>(null);
  const first = useRef(step);
  useEffect(() => {
    if (first.current !== step) heading.current?.focus(); // who listens hears which step it is
    first.current = step;
  }, [step]);
  // Once somebody has signed in, there is no way back to that.
  const past = step === 'signin' || step === 'choices' || step === 'setup';
  const onNext = useCallback(() => {
    if (next === null) guide.close();
    else if (past) guide.become(next, step === 'signin' ? null : undefined);
    else guide.go(next);
  }, [guide, next, past, step]);
  const Body = step === 'signin' && token ? TokenStep : shown[step];
  const asked = !known && (step === 'signin' || step === 'setup'); // which of them it is
  const name = step === 'done' && !detail.syncs ? t.doneNotify : t.steps[step === 'signin' && token ? 'token' : step];
  return (
    <Stack gap="md">
      <Text ref={heading} component="h3" size="sm" c="dimmed" fw={500} m={0} tabIndex={-1} style={{ outline: 'none' }}>
        {t.step(all.indexOf(step) + 1, all.length, name ?? step)}
      </Text>
      {asked ? <Rows n={4} /> : <Body detail={detail} guide={guide} onNext={onNext} onChosen={onChosen} />}
    </Stack>
  );
}
