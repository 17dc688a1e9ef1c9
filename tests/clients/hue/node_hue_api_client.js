// node-hue-api, a client of the old API, against the simulator.
//
// Run by `cargo xtask test --only hue-clients`, with the simulator's address; NODE_PATH leads to the packages.

'use strict';

// It deprecates what it calls itself.
process.env.NODE_HUE_API_SUPPRESS_DEPRICATION_WARNINGS = 'true';

const https = require('https');
const certificates = require('get-ssl-certificate');
const { v3 } = require('node-hue-api');

const [host, port] = process.argv[2].split(':');

// The client looks for the bridge's certificate at port 443, which is not ours to open, whatever port it was given.
const getCertificate = certificates.get;
certificates.get = (hostname, timeout) => getCertificate(hostname, timeout, port);

function check(claim, holds, seen) {
  if (!holds) {
    console.log(`  DOES NOT HOLD: ${claim}; seen: ${JSON.stringify(seen)}`);
    process.exit(1);
  }
  console.log(`  ${claim}`);
}

/** Reads the simulator's document with nothing but what Node has, so that no client confirms itself. */
function witness(key) {
  const all = (rtype) =>
    new Promise((resolve, reject) => {
      const options = { host, port, path: `/clip/v2/resource/${rtype}`, rejectUnauthorized: false, agent: false };
      https
        .get({ ...options, headers: { 'hue-application-key': key } }, (answer) => {
          let text = '';
          answer.on('data', (part) => (text += part));
          answer.on('end', () => resolve(JSON.parse(text).data));
        })
        .on('error', reject);
    });
  const named = async (rtype, name) => (await all(rtype)).find((resource) => resource.metadata.name === name);
  return { all, named };
}

const names = (resources) => resources.map((resource) => resource.name).sort();
const byName = (resources, name) => resources.find((resource) => resource.name === name);
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** The number of the error with which the bridge refuses. */
async function refusal(request) {
  try {
    await request;
  } catch (error) {
    return error.getHueErrorType();
  }
  return undefined;
}

async function lists(api, document) {
  const told = async (...types) => {
    const resources = (await Promise.all(types.map(document.all))).flat();
    return resources.map((resource) => resource.metadata.name).sort();
  };
  const lights = await api.lights.getAll();
  check('it lists every light', same(names(lights), await told('light')), names(lights));
  const groups = await api.groups.getAll();
  // The client asks for the group of all lights besides, which is on no list.
  const expected = ['Group 0', ...(await told('room', 'zone'))].sort();
  check('it lists every room and zone', same(names(groups), expected), names(groups));
  const scenes = await api.scenes.getAll();
  check('it lists every scene', same(names(scenes), await told('scene')), names(scenes));
  const sensors = await api.sensors.getAll();
  const types = sensors.map((sensor) => sensor.type).sort();
  check('it lists sensors', same(types, ['ZLLLightLevel', 'ZLLPresence', 'ZLLSwitch', 'ZLLTemperature']), types);
  const configuration = await api.configuration.getConfiguration();
  check('it reads the configuration', configuration.bridgeid.length === 16 && configuration.whitelist, configuration);
  const capabilities = await api.capabilities.getAll();
  check('it reads the capabilities', capabilities.lights.available > 0, capabilities);
  const cached = await api.getCachedState();
  check('it reads everything at once', Object.keys(cached.data.lights).length === lights.length);
  for (const rest of ['schedules', 'rules', 'resourceLinks']) {
    check(`there are no ${rest}`, same(await api[rest].getAll(), []));
  }
}

async function changesALight(api, document) {
  const light = byName(await api.lights.getAll(), 'Bedside left');
  const state = new v3.lightStates.LightState().on().bri(127).xy(0.2, 0.3).transitionInMillis(400);
  check('a command to a light succeeds', await api.lights.setLightState(light.id, state));
  const now = await document.named('light', 'Bedside left');
  check('the light is on, and as bright as asked', now.on.on && now.dimming.brightness === 49.8, now);
  check('it has the colour', same(now.color.xy, { x: 0.2, y: 0.3 }), now.color);
  const own = await api.lights.getLightState(light.id);
  check('the client reads the same', own.on && own.bri === 127 && own.colormode === 'xy', own);

  const red = new v3.lightStates.LightState().rgb(255, 0, 0);
  await api.lights.setLightState(light.id, red);
  const shown = (await document.named('light', 'Bedside left')).color.xy;
  check('red is red, within the gamut', shown.x > 0.6, shown);

  const hueAndSaturation = new v3.lightStates.LightState().hue(25500).sat(254);
  await api.lights.setLightState(light.id, hueAndSaturation);
  const green = (await document.named('light', 'Bedside left')).color.xy;
  check('hue and saturation are a colour', green.y > 0.6, green);

  light.name = 'Bedside west';
  check('a light is renamed', await api.lights.renameLight(light));
  check('its device is too', (await document.named('device', 'Bedside west')) !== undefined);
}

async function isToldWhatIsWrong(api) {
  const lights = await api.lights.getAll();
  const on = new v3.lightStates.LightState().on();
  const bright = new v3.lightStates.LightState().bri(254);
  const stranger = await v3.api.createLocal(host, port).connect('nobody');
  const dark = byName(lights, 'Bedside right').id;
  const lost = byName(lights, 'Window lamp').id;
  for (const [claim, expected, request] of [
    ['a stranger is error 1', 1, () => stranger.lights.getAll()],
    ['a light that is not there is error 3', 3, () => api.lights.getLightAttributesAndState(999)],
    ['a light that is off is error 201', 201, () => api.lights.setLightState(dark, bright)],
    ['a light out of reach is error 901', 901, () => api.lights.setLightState(lost, on)],
  ]) {
    const number = await refusal(request());
    check(claim, number === expected, number);
  }
}

async function changesAGroup(api, document) {
  const kitchen = byName(await api.groups.getAll(), 'Kitchen');
  const state = new v3.lightStates.GroupLightState().on().bri(102).ct(250);
  check('a command to a room succeeds', await api.groups.setGroupState(kitchen.id, state));
  const strip = await document.named('light', 'Counter strip');
  check('its lights follow', strip.on.on && strip.dimming.brightness === 39.92, strip);
  check('they show the white', strip.color_temperature.mirek === 250, strip.color_temperature);
  const own = await api.groups.getGroupState(kitchen.id);
  check('the client reads the same', own.all_on && own.any_on, own);

  const zone = v3.model.createZone();
  zone.name = 'Far corner';
  zone.lights = [String(byName(await api.lights.getAll(), 'Desk lamp').id)];
  const made = await api.groups.createGroup(zone);
  check('a zone is made', (await document.named('zone', 'Far corner')) !== undefined, made);
  check('and deleted', await api.groups.deleteGroup(made.id));
  check('it is gone', (await document.named('zone', 'Far corner')) === undefined);
}

async function recallsAScene(api, document) {
  const movie = byName(await api.scenes.getAll(), 'Movie');
  check('a scene is recalled', await api.scenes.activateScene(movie.id));
  const status = (await document.named('scene', 'Movie')).status;
  check('the scene is active', status.active === 'static', status);
  const strip = await document.named('light', 'TV strip');
  check('its lights show it', strip.dimming.brightness === 22.13, strip.dimming);

  // Of lights, since the client cannot send one of a group without lights.
  const scene = v3.model.createLightScene();
  scene.name = 'As it is';
  scene.lights = movie.lights;
  const made = await api.scenes.createScene(scene);
  const stored = await document.named('scene', 'As it is');
  check('a scene is stored as the lights are', stored && stored.actions.length === 5, stored);
  const read = await api.scenes.getScene(made.id);
  check('the client reads the states of its lights', Object.keys(read.lightstates).length === 5, read.lightstates);
  check('and deletes it', await api.scenes.deleteScene(made.id));
  check('it is gone', (await document.named('scene', 'As it is')) === undefined);
}

async function main() {
  console.log('node-hue-api');
  const unpaired = await v3.api.createLocal(host, port).connect();
  const user = await unpaired.users.createUser('lamplighter', 'tests');
  check('it pairs', user.username.length === 40 && user.clientkey.length === 32, user);
  const api = await v3.api.createLocal(host, port).connect(user.username);
  check('it accepts the certificate of the bridge with this id', true);
  const document = witness(user.username);
  await lists(api, document);
  await isToldWhatIsWrong(api);
  await changesALight(api, document);
  await changesAGroup(api, document);
  await recallsAScene(api, document);
  // Kept-alive connections would hold the process.
  process.exit(0);
}

main().catch((error) => {
  console.log(`  FAILED: ${error.stack || error}`);
  process.exit(1);
});
