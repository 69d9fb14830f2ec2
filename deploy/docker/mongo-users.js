// One user per service, who can read and write its own database and nothing else.
//
// The image runs this by itself when its volume is still empty. Run it again by hand after a password was changed in
// .env (docs/guides/operating.md): it sets the passwords of users that are there.
for (const service of ["directory", "exchange", "newsletter", "campaign"]) {
  const pwd = process.env[`MONGO_${service.toUpperCase()}_PASSWORD`];
  if (!pwd) throw new Error(`MONGO_${service.toUpperCase()}_PASSWORD is not set`);
  const own = db.getSiblingDB(service);
  const rights = { pwd, roles: [{ role: "readWrite", db: service }] };
  if (own.getUser(service)) {
    own.updateUser(service, rights);
  } else {
    own.createUser({ user: service, ...rights });
  }
}
