import { Housecount } from '@housecount/client';
import { basePath } from '../shell/base.ts';
import { currentAuthorization } from './credentials.ts';

/** The REST API of the server that the page is from, with the login of the tab. */
export const api = new Housecount({ url: basePath, authorization: currentAuthorization });
