-- Customers.
CREATE TABLE IF NOT EXISTS shop.customer (
    id INTEGER PRIMARY KEY,
    name VARCHAR(100) NOT NULL,
    region_id INT REFERENCES region(id)
);

CREATE VIEW active AS SELECT c.name, count(*) FROM customer c JOIN orders o ON o.customer_id = c.id GROUP BY c.name;

CREATE INDEX by_name ON customer (name);

-- Adds.
CREATE FUNCTION add(a integer, b integer) RETURNS integer AS $$
  SELECT a + b;
$$ LANGUAGE sql;

CREATE TYPE mood AS ENUM ('sad', 'ok');

INSERT INTO customer (id, name) VALUES (1, 'x');
SELECT upper(name) FROM active WHERE id > 3;
