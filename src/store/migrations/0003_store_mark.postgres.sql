-- What keeps a store from being served: a copy into it that is not finished, or one out of it that is.

CREATE TABLE store_mark (
    only_one BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (only_one),
    mark     TEXT COLLATE "C" NOT NULL
);
