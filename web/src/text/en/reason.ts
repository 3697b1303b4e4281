// Why a person has done a thing, by the API's name for it.
export const reason = {
  scheduled: 'Scheduled',
  suspected_leak: 'Suspected leak',
  person_left: 'A person left',
  maintenance: 'Maintenance',
  failing: 'Failing',
  other: 'Other',
};
