-- +goose Up
CREATE TABLE IF NOT EXISTS secrets (
  tenant  BYTEA  NOT NULL,
  name    TEXT   NOT NULL,
  epoch   BIGINT NOT NULL,
  wrapped BYTEA  NOT NULL,
  PRIMARY KEY (tenant, name, epoch) -- two epochs only while a rotation is under way
);
-- used is a bitmap of the slots that kept events name; free slots of an earlier run are used again.
CREATE TABLE IF NOT EXISTS pages (
  page    BYTEA  NOT NULL PRIMARY KEY,
  tenant  BYTEA  NOT NULL,
  branch  TEXT   NOT NULL,
  epoch   BIGINT NOT NULL,
  wrapped BYTEA  NOT NULL,
  keys    BYTEA  NOT NULL,
  used    BYTEA  NOT NULL,
  free    BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS pages_free ON pages (tenant, branch) WHERE free > 0;
CREATE INDEX IF NOT EXISTS pages_epoch ON pages (epoch);
CREATE TABLE IF NOT EXISTS owners (
  tenant BYTEA  NOT NULL,
  owner  BYTEA  NOT NULL,
  class  TEXT   NOT NULL,
  scope  BYTEA  NOT NULL,
  key    BYTEA  NOT NULL,
  PRIMARY KEY (tenant, owner, class, scope, key)
);
CREATE TABLE IF NOT EXISTS lookups (
  tag        BYTEA NOT NULL PRIMARY KEY,
  identifier BYTEA NOT NULL,
  epoch      BIGINT NOT NULL,
  value      BYTEA NOT NULL
);
CREATE INDEX IF NOT EXISTS lookups_epoch ON lookups (epoch);
CREATE INDEX IF NOT EXISTS lookups_identifier ON lookups (identifier);
CREATE TABLE IF NOT EXISTS suppressions (
  tag       BYTEA  NOT NULL PRIMARY KEY,
  tenant    BYTEA  NOT NULL,
  pseudonym BYTEA  NOT NULL,
  ground    TEXT   NOT NULL,
  since     BIGINT NOT NULL
);
-- orders are what the log says is to be destroyed: of a subject, one interaction or a tenant. A class
-- of '' is all of them.
CREATE TABLE IF NOT EXISTS orders (
  seq    BIGINT NOT NULL,
  class  TEXT   NOT NULL,
  tenant BYTEA  NOT NULL,
  noun   TEXT   NOT NULL,
  entity BYTEA  NOT NULL,
  done   BIGINT NOT NULL,
  PRIMARY KEY (seq, class)
);
CREATE INDEX IF NOT EXISTS orders_open ON orders (seq) WHERE done = 0;
CREATE INDEX IF NOT EXISTS orders_entity ON orders (entity);
-- holds are the legal holds in force, a row for each class that must be kept.
CREATE TABLE IF NOT EXISTS holds (
  hold      BYTEA NOT NULL,
  class     TEXT  NOT NULL,
  tenant    BYTEA NOT NULL,
  subject   BYTEA NOT NULL,
  ground    TEXT  NOT NULL,
  authority TEXT  NOT NULL,
  review    TEXT  NOT NULL,
  PRIMARY KEY (hold, class)
);
CREATE INDEX IF NOT EXISTS holds_tenant ON holds (tenant);
CREATE TABLE IF NOT EXISTS checkpoint (
  name TEXT   NOT NULL PRIMARY KEY,
  seq  BIGINT NOT NULL
);
