import { fireEvent, screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { show } from '../apikey/fixture';
import { guideLink, useGuide } from './guide';

function Page() {
  const guide = useGuide();
  return (
    <>
      <p>{guide.slug === null ? 'page' : `${guide.slug} ${guide.step ?? 'start'} ${guide.attempt ?? 'none'}`}</p>
      <button onClick={() => guide.open('slack')}>open</button>
      <button onClick={() => guide.go('permissions')}>permissions</button>
      <button onClick={() => guide.go('signin')}>signin</button>
      <button onClick={() => guide.become('signin', 'cat_1')}>attempt</button>
      <button onClick={() => guide.become('done', null)}>done</button>
      <button onClick={guide.close}>close</button>
    </>
  );
}

const press = (name: string) => fireEvent.click(screen.getByRole('button', { name }));
const see = (text: string) => waitFor(() => screen.getByText(text, { selector: 'p' }));

test('Back goes a step back, and out of the guide', async () => {
  const { router } = show(<Page />, { at: '/settings/integrations?category=Email' });
  press('open');
  await see('slack start none');
  expect(router.state.location.search).toBe('?category=Email&connect=slack');
  press('permissions');
  await see('slack permissions none');
  void router.navigate(-1);
  await see('slack start none');
  void router.navigate(-1);
  await see('page');
});

test('a sign-in stands in the address, and takes no step of the history', async () => {
  const { router } = show(<Page />);
  press('open');
  await see('slack start none');
  press('signin');
  await see('slack signin none');
  press('attempt');
  await see('slack signin cat_1');
  press('done');
  await see('slack done none');
  void router.navigate(-1);
  await see('slack start none');
});

test('closing goes back as far as it was opened, so that Back does not open it again', async () => {
  const { router } = show(<Page />, { at: '/?category=Email' });
  for (const [name, seen] of [['open', 'slack start none'], ['permissions', 'slack permissions none'], ['signin', 'slack signin none']] as const) {
    press(name);
    await see(seen);
  }
  press('close');
  await see('page');
  expect(router.state.location.search).toBe('?category=Email');
});

test('what a link has opened can be closed, before and after a step', async () => {
  expect(guideLink('slack', 'cat_1')).toBe('/settings/integrations?connect=slack&attempt=cat_1');
  const { router } = show(<Page />, { at: guideLink('slack', 'cat_1') });
  await see('slack start cat_1');
  press('permissions');
  await see('slack permissions cat_1');
  press('close');
  await see('page');
  expect(router.state.location.search).toBe('');
});
