import type { Customer } from '../api/access/customer.ts';
import type { AppConfig } from './config.ts';
import { signalingDefaults } from './sections/apps.ts';

/** The app and customer of the development configuration. Public constants: they protect nothing. */
export const development = {
  appId: '0123456789abcdef0123456789abcdef',
  certificate: 'fedcba9876543210fedcba9876543210',
  customerId: 'housecount',
  customerSecret: 'development-only',
} as const;

export const developmentApp: AppConfig = {
  id: development.appId,
  certificate: development.certificate,
  openTo: 'thisMachine',
  bindSignaling: true,
  linkIdentities: true,
  signaling: signalingDefaults,
  communicationEvents: '107/108',
  rosterVisibleTo: 'everyone',
  coHostAuthentication: false,
  profiles: [],
  limits: {},
};
export const developmentCustomer: Customer = {
  id: development.customerId,
  secret: development.customerSecret,
  apps: undefined,
  role: 'admin',
  names: true,
};
