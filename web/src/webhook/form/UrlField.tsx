import { Checkbox, Stack, TextInput } from '@mantine/core';
import { useId, useRef, type Dispatch, type FocusEvent, type RefObject } from 'react';
import { useText } from '../../text';
import { offChoice, type Flow, type FlowEvent } from './flow';
import { VerdictNote } from './VerdictNote';

interface Props {
  flow: Flow;
  dispatch: Dispatch<FlowEvent>;
  input: RefObject<HTMLInputElement | null>;
  waiting: boolean; // for the secret that a test request is signed with
  forbidden?: boolean; // this person may not change it
  offText: string;
  withOff?: boolean; // offer to save it switched off
  twice?: boolean; // another webhook has this URL
  placeholder?: string;
  hint?: string; // what is odd about the URL, though it may be right
}

// UrlField is "Webhook URL" with the verdict on it. The endpoint is asked when
// the field is left, but not by a click on the button that saves: the server
// asks it then.
export function UrlField({ flow, dispatch, input, waiting, forbidden = false, offText, withOff = true, twice = false, placeholder, hint }: Props) {
  const t = useText().webhook.form;
  const text = useId();
  const verdict = useId();
  const { phase } = flow.check;
  const choice = offChoice(flow);
  const note = useRef<HTMLDivElement>(null);
  // The button that was pressed may be gone with the verdict: the focus stays here.
  const press = (event: FlowEvent) => {
    note.current?.focus({ preventScroll: true });
    dispatch(event);
  };
  const left = (event: FocusEvent<HTMLInputElement>) => {
    const to = event.relatedTarget;
    if (to instanceof HTMLButtonElement && to.type === 'submit') return;
    dispatch({ type: 'left' });
  };
  return (
    <Stack gap={4}>
      <TextInput
        ref={input}
        label={t.url}
        description={forbidden ? t.urlForbidden : t.urlText}
        placeholder={placeholder || t.placeholder}
        type="url"
        inputMode="url"
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        required
        withAsterisk={false}
        disabled={forbidden}
        readOnly={flow.saving.phase === 'sending'}
        value={flow.url}
        onChange={(event) => dispatch({ type: 'typed', url: event.currentTarget.value })}
        onBlur={left}
        error={phase === 'malformed' || phase === 'unreachable' || flow.missing === 'url'}
        descriptionProps={{ id: text }}
        attributes={{ input: { 'aria-describedby': `${text} ${verdict}` } }}
        data-autofocus={forbidden ? undefined : true}
      />
      <div id={verdict} ref={note} tabIndex={-1} style={{ outline: 'none' }}>
        <VerdictNote flow={flow} dispatch={press} waiting={waiting} hints={[twice ? t.twice : '', hint ?? '']} />
      </div>
      {/* It is always there: what is below must not move under a click that leaves the field. */}
      {withOff && (
        <Checkbox
          mt={4}
          label={t.off}
          description={choice === 'refused' ? t.offRefused : offText}
          checked={flow.off}
          disabled={choice !== 'open'}
          onChange={(event) => dispatch({ type: 'offChosen', off: event.currentTarget.checked })}
        />
      )}
    </Stack>
  );
}
