import { housecount } from './housecount.ts';

await housecount();
