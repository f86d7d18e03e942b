const colours = ['amber', 'coral', 'indigo', 'jade', 'lemon', 'mint', 'plum', 'ruby', 'sky', 'teal'];
const things = [
  'comet',
  'falcon',
  'garden',
  'harbor',
  'lantern',
  'meadow',
  'otter',
  'piano',
  'river',
  'stage',
];

/** A channel name that is easy to say over the phone, such as `jade-otter-42`. */
export function friendlyChannel(): string {
  const pick = (from: readonly string[]) => from[Math.floor(Math.random() * from.length)] ?? 'room';
  return `${pick(colours)}-${pick(things)}-${Math.floor(10 + Math.random() * 90)}`;
}
