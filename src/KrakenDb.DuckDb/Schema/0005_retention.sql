-- How long rows are kept, by data type; nothing is dropped where there is no row.

CREATE TABLE retention_policies (
    data_type VARCHAR NOT NULL,
    keep_days INTEGER NOT NULL
);
