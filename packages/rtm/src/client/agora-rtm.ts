import { RTMBaseError } from '../errors/errors.ts';
import * as ConstantsType from '../events/constants.ts';
import { setArea } from '../settings/area.ts';
import { getParameter, setParameter } from '../settings/settings.ts';
import { RTMClient } from './client.ts';

/** The version of the API that this SDK follows; apps show it and compare with it. */
export const VERSION = '2.3.0';
export const BUILD = `housecount-${VERSION}`;

/** The one object of the API. */
export const AgoraRTM = {
  BUILD,
  VERSION,
  RTM: RTMClient,
  getParameter,
  setParameter,
  setArea,
  constantsType: ConstantsType,
  RTMBaseError,
};
export type IAgoraRTM = typeof AgoraRTM;
