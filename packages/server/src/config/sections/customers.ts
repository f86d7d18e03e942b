import { type Customer, customerRoles } from '../../api/access/customer.ts';
import {
  child,
  choice,
  complain,
  flag,
  list,
  onlyKeys,
  type Source,
  text,
  unique,
} from '../../settings/reader.ts';
import type { AppConfig } from '../config.ts';
import { filled } from './filled.ts';

/** A secret of fewer characters can be guessed. The development configuration's is public anyway. */
const customerSecretLengthMin = 16;

export function readCustomers(
  source: Source,
  apps: readonly AppConfig[],
  isDevelopment: boolean,
): readonly Customer[] {
  const lengthMin = isDevelopment ? 1 : customerSecretLengthMin;
  const customers = list(source, (item): Customer => {
    onlyKeys(item, ['id', 'secret', 'apps', 'role', 'names']);
    const owned = child(item, 'apps');
    const isApp = (id: string) => apps.some((app) => app.id === id);
    const ids = list(owned, (app) => text(app, 'the id of an app under apps', isApp));
    if (Array.isArray(owned.value) && ids.length === 0)
      complain(owned, 'expected at least one app; without this key it is all of them');
    return {
      // RFC 7617: the user-id of Basic authentication cannot hold a colon.
      id: text(child(item, 'id'), 'a text without a colon', (id) => filled(id) && !id.includes(':')),
      secret: text(
        child(item, 'secret'),
        isDevelopment
          ? 'a text that is not empty'
          : `a text of at least ${lengthMin} characters, as from openssl rand -base64 24`,
        (secret) => filled(secret) && secret.length >= lengthMin,
      ),
      apps: owned.value === undefined ? undefined : ids,
      role: choice(child(item, 'role'), customerRoles, 'admin'),
      names: flag(child(item, 'names'), true),
    };
  });
  unique(source, customers, (customer) => customer.id, 'customer id');
  return customers;
}
