import { fireEvent, screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { show } from '../apikey/fixture';
import { useWebhookModal } from './modal';

function Page() {
  const modal = useWebhookModal();
  return (
    <>
      <p>{modal.adding ? 'adding' : modal.editing ? `editing ${modal.editing}` : modal.opened ? 'list' : 'page'}</p>
      <button onClick={() => modal.edit('wh_1')}>edit</button>
      {(['open', 'add', 'list', 'close'] as const).map((action) => (
        <button key={action} onClick={modal[action]}>
          {action}
        </button>
      ))}
    </>
  );
}

const press = (name: string) => fireEvent.click(screen.getByRole('button', { name }));
const see = (text: string) => waitFor(() => screen.getByText(text, { selector: 'p' }));

test('Back closes what was opened', async () => {
  const { router } = show(<Page />, { at: '/settings/integrations?usage=24h' });
  press('open');
  await see('list');
  expect(router.state.location.search).toBe('?usage=24h&webhooks=open');
  press('add');
  await see('adding');
  void router.navigate(-1);
  await see('list');
  void router.navigate(-1);
  await see('page');
  expect(router.state.location.search).toBe('?usage=24h');
});

test('what is edited stands in the address too', async () => {
  const { router } = show(<Page />, { at: '/?webhooks=open' });
  press('edit');
  await see('editing wh_1');
  expect(router.state.location.search).toBe('?webhooks=edit&webhook=wh_1');
  void router.navigate(-1);
  await see('list');
  expect(router.state.location.search).toBe('?webhooks=open');
  press('edit');
  await see('editing wh_1');
  press('list');
  await see('list');
});

test('closing goes back as far as it was opened, so that Back does not open it again', async () => {
  const { router } = show(<Page />, { at: '/?usage=24h' });
  press('open');
  await see('list');
  press('add');
  await see('adding');
  press('list');
  await see('list');
  press('add');
  await see('adding');
  press('close');
  await see('page');
  expect(router.state.location.search).toBe('?usage=24h');
});

test.each([
  ['add', ['list'], 'list'],
  ['add', [], 'adding'],
  ['open', ['add'], 'adding'],
  ['open', ['add', 'list', 'edit'], 'editing wh_1'],
  ['edit&webhook=wh_1', ['list', 'add'], 'adding'],
] as const)('what a link with webhooks=%s has opened, and %j since, can be closed', async (link, steps, shown) => {
  const { router } = show(<Page />, { at: `/?webhooks=${link}` });
  const seen = { list: 'list', add: 'adding', edit: 'editing wh_1' };
  for (const step of steps) {
    press(step);
    await see(seen[step]);
  }
  await see(shown);
  press('close');
  await see('page');
  expect(router.state.location.search).toBe('');
});
