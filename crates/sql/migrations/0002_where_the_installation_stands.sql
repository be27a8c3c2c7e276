-- One row at most: whether the installation works, is being moved in, or was carried away.

CREATE TABLE house (
    name    TEXT    NOT NULL PRIMARY KEY CHECK (name = 'standing'),
    version INTEGER NOT NULL,
    doc     TEXT    NOT NULL
) STRICT;
