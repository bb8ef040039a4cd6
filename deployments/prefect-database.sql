-- Prefect's tables are never among the product's.
CREATE DATABASE prefect;
