// The packed packages as projects elsewhere install them. All in one process, because they share what takes long: packing, and one project.
import './packed/tarballs.test.mjs';
import './packed/imports.test.mjs';
import './packed/types.test.mjs';
import './packed/server.test.mjs';
import './packed/container.test.mjs';
