-- What keeps a store from being served: a copy into it that is not finished, or one out of it that is.

CREATE TABLE store_mark (
    only_one INTEGER PRIMARY KEY DEFAULT 1 CHECK (only_one),
    mark     TEXT NOT NULL
);
