// How a note of .changeset/ stands in a changelog: its text, without commits and names.
const asItem = (/** @type {string} */ text) => `- ${text.trim().replaceAll('\n', '\n  ')}`;

module.exports = {
  getReleaseLine: async (/** @type {{ summary: string }} */ changeset) => asItem(changeset.summary),
  // All packages have one version: that one needs the new version of another goes without saying.
  getDependencyReleaseLine: async () => '',
};
