// How a note of .changeset/ stands in a changelog: its text, without commits and names.
const asItem = (text) => `- ${text.trim().replaceAll('\n', '\n  ')}`;

module.exports = {
  getReleaseLine: async (changeset) => asItem(changeset.summary),
  // All packages have one version: that one needs the new version of another goes without saying.
  getDependencyReleaseLine: async () => '',
};
