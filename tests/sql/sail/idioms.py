"""Expressions as people write them in pipelines: one statement a line, over values of its own.

The clauses of a query have a list of their own, in `idioms_clauses.py`.
"""

from __future__ import annotations

_UTC = r"""
-- arithmetic, overflow and division
SELECT a + b, a - b, a * b, a / b, a % b, a div b FROM VALUES (7, 2), (-7, 2), (NULL, 1) AS t(a, b)
SELECT a + 1 FROM VALUES (2147483647) AS t(a)
SELECT a * a FROM VALUES (3000000000L), (5000000000L) AS t(a)
SELECT a - 1 FROM VALUES (CAST(-2147483648 AS INT)) AS t(a)
SELECT -a FROM VALUES (CAST(-2147483648 AS INT)) AS t(a)
SELECT abs(a) FROM VALUES (CAST(-2147483648 AS INT)) AS t(a)
SELECT a * 2 FROM VALUES (CAST(100 AS TINYINT)) AS t(a)
SELECT a + a FROM VALUES (CAST(100 AS TINYINT)) AS t(a)
SELECT a + b AS total FROM VALUES (9223372036854775807L, 1L) AS t(a, b)
SELECT sum(a) FROM VALUES (9223372036854775807L), (1L) AS t(a)
SELECT try_add(a, 1), try_subtract(a, -1), try_multiply(a, 2) FROM VALUES (2147483647), (5) AS t(a)
SELECT try_divide(a, b), try_mod(a, b) FROM VALUES (6, 4), (1, 0) AS t(a, b)
SELECT a / b FROM VALUES (1, 0) AS t(a, b)
SELECT a % b FROM VALUES (1, 0) AS t(a, b)
SELECT a / b FROM VALUES (1.5D, 0.0D) AS t(a, b)
SELECT a / nullif(b, 0) AS rate FROM VALUES (1, 0), (3, 4) AS t(a, b)
SELECT m / 3, m * m, m + 1, m - 0.5, m % 3 FROM VALUES (CAST(12.34 AS DECIMAL(10,2))) AS t(m)
SELECT m / n FROM VALUES (CAST(10 AS DECIMAL(10,2)), CAST(3 AS DECIMAL(5,1))) AS t(m, n)
SELECT 1 / 3, 1.0 / 3, 10 / 4, 7 div 2, -7 div 2, -7 % 3, pmod(-7, 3), mod(7, -3)
SELECT round(2.5), round(3.5), round(-2.5), bround(2.5), bround(3.5), round(1234.567, -2), round(1234.567, 1)
SELECT round(a, 1), bround(a, 1), floor(a), ceil(a), rint(a) FROM VALUES (2.25D), (-2.35D), (NULL) AS t(a)
SELECT round(m, 1), floor(m), ceil(m), abs(m), sign(m) FROM VALUES (CAST(-12.345 AS DECIMAL(10,3))) AS t(m)
SELECT ceil(3.1411, 3), floor(-3.1411, 3), round(25, -1), bround(25, -1)
SELECT sqrt(2), cbrt(27), exp(1), ln(10), log(10, 100), log2(8), log10(1000), log1p(0), power(2, 10), 2 * pi()
SELECT ln(0), ln(-1), log(2, 0), sqrt(-1), log10(0)
SELECT log(10)
SELECT greatest(1, 2, NULL), least(3, NULL, 2), greatest('a', 'b'), greatest(1, 2.5)
SELECT a & b, a | b, a ^ b, ~a, shiftleft(a, 2), shiftright(b, 1), shiftrightunsigned(-a, 1) FROM VALUES (6, 3) AS t(a, b)
SELECT bit_count(7), bit_get(5, 0), bin(13), hex(255), hex('Spark'), unhex('537061726B'), conv('100', 2, 10), conv(-10, 16, -10)
SELECT width_bucket(5.3, 0.2, 10.6, 5), factorial(5), hypot(3, 4), degrees(pi()), radians(180), e()
SELECT 1e10, 1.5e-3, 123456789.123, 1.0, 1e0, 100L, 5S, 6Y, 2.5D, 3BD, 1.5F
SELECT a + b FROM VALUES (1, 2.5) AS t(a, b)
SELECT '1' + 1, '2.5' * 2, 1 + '1', '10' / 4, '3' - '1'
SELECT c + 1, c * 2.5, c / 2 FROM VALUES ('4'), ('7') AS t(c)
SELECT c + 1 FROM VALUES ('x') AS t(c)
SELECT c > 5, c = 10, c BETWEEN 1 AND 20 FROM VALUES ('10'), ('2') AS t(c)
SELECT 0.1 + 0.2, 0.1D + 0.2D, 1 = 1.0, '1' = 1, 1.0 = '1'
SELECT nanvl(CAST('NaN' AS DOUBLE), 5), isnan(CAST('NaN' AS DOUBLE)), CAST('NaN' AS DOUBLE) = CAST('NaN' AS DOUBLE)
SELECT a FROM VALUES (1.0D), (CAST('NaN' AS DOUBLE)), (CAST('Infinity' AS DOUBLE)), (NULL) AS t(a) ORDER BY a
SELECT rand() < 1, randn() IS NULL, length(uuid())
SELECT positive(5), negative(3), -(-3), +4, - - 2
-- casts and text of values
SELECT CAST(12.7 AS INT), CAST(-12.7 AS INT), CAST('12' AS INT), CAST(' 12 ' AS INT), CAST(TRUE AS INT), CAST(1 AS BOOLEAN)
SELECT CAST('12.7' AS INT)
SELECT CAST('abc' AS INT)
SELECT TRY_CAST('abc' AS INT), TRY_CAST('12.7' AS INT), TRY_CAST('2024-13-01' AS DATE), TRY_CAST('t' AS BOOLEAN)
SELECT CAST('yes' AS BOOLEAN), CAST('0' AS BOOLEAN), CAST('F' AS BOOLEAN), 'true'::boolean
SELECT CAST(300 AS TINYINT)
SELECT CAST(3000000000 AS INT)
SELECT CAST(1e20 AS BIGINT)
SELECT TRY_CAST(300 AS TINYINT), TRY_CAST(1e20 AS BIGINT), TRY_CAST('1e3' AS DOUBLE)
SELECT CAST(a AS STRING) FROM VALUES (1.0D), (1e10D), (1.5e-5D), (123456789.125D), (0.001D), (1e7D), (12345678.9D), (-0.0D) AS t(a)
SELECT CAST(a AS STRING) FROM VALUES (1.0F), (1.5e10F), (0.1F) AS t(a)
SELECT string(1e7D), concat('x', 1e-4D), 1e21D || '', CAST(CAST('Infinity' AS DOUBLE) AS STRING)
SELECT CAST(m AS STRING), CAST(m AS DOUBLE), CAST(m AS INT) FROM VALUES (CAST(1.50 AS DECIMAL(10,2))) AS t(m)
SELECT CAST(0.0000001BD AS STRING), CAST(0 AS DECIMAL(20,10))::STRING
SELECT CAST('123.456' AS DECIMAL(5,2)), CAST(99.995 AS DECIMAL(5,2)), TRY_CAST(1000 AS DECIMAL(5,2))
SELECT CAST(1000 AS DECIMAL(5,2))
SELECT CAST(TIMESTAMP'2024-01-01 10:00:00' AS STRING), CAST(TIMESTAMP'2024-01-01 10:00:00.120' AS STRING), CAST(DATE'2024-01-01' AS STRING)
SELECT CAST(array(1, NULL, 3) AS STRING), CAST(map('a', 1) AS STRING), CAST(struct(1, 'x') AS STRING), CAST(array('a', 'b') AS STRING)
SELECT CAST('2024-01-15' AS DATE), CAST('2024-01-15 10:30:00' AS TIMESTAMP), CAST('2024-1-5' AS DATE), CAST('2024' AS DATE)
SELECT CAST('2024-01-15T10:30:00Z' AS TIMESTAMP), CAST('2024-01-15T10:30:00.123+02:00' AS TIMESTAMP), CAST('2024-01-15' AS TIMESTAMP)
SELECT CAST(1700000000 AS TIMESTAMP), CAST(TIMESTAMP'2023-11-14 22:13:20' AS BIGINT), CAST(1.5 AS TIMESTAMP)
SELECT CAST(DATE'2024-01-15' AS TIMESTAMP), CAST(TIMESTAMP'2024-01-15 23:59:59' AS DATE)
SELECT CAST('abc' AS BINARY), CAST(X'616263' AS STRING), CAST(65 AS CHAR(3)), CAST('abc' AS VARCHAR(5))
SELECT CAST(c AS INT) AS n, c::double, c::string FROM VALUES ('1'), ('2') AS t(c)
SELECT CAST(array('1', '2') AS ARRAY<INT>), CAST(map('a', '1') AS MAP<STRING, INT>), CAST(struct('1' AS x) AS STRUCT<y: INT>)
SELECT int('5'), bigint('5'), double('5'), string(5), date('2024-01-01'), timestamp('2024-01-01 00:00:00'), boolean('true'), decimal('5')
SELECT CAST(NULL AS INT), CAST('' AS STRING), TRY_CAST('' AS INT)
SELECT CAST('' AS INT)
SELECT typeof(1), typeof('a'), typeof(1.5), typeof(array(1)), typeof(map('a', 1)), typeof(struct(1)), typeof(NULL), typeof(1L), typeof(DATE'2024-01-01')
SELECT typeof(a + b), typeof(a / b), typeof(a * 1.5) FROM VALUES (1, 2L) AS t(a, b)
SELECT typeof(CAST(1 AS DECIMAL(10,2)) * CAST(1 AS DECIMAL(10,2))), typeof(sum(CAST(1 AS DECIMAL(10,2)))), typeof(avg(CAST(1 AS DECIMAL(10,2))))
-- strings
SELECT 'it''s', "double", 'a\'b', 'tab\there', r'raw\n', 'x' 'y', 'new\nline', 'back\\slash'
SELECT 'it''s' AS `it's`, concat('it''s', ' ', "say ""hi"" ok"), length('it''s')
SELECT upper('straße'), lower('ÀB'), initcap('hello wORLD-foo bar_baz'), length('héllo'), octet_length('é'), bit_length('a'), char_length(' ab ')
SELECT trim('  a '), ltrim('  a '), rtrim(' a  '), trim(BOTH 'x' FROM 'xxaxx'), trim(LEADING '0' FROM '00120'), trim(TRAILING FROM 'a  '), btrim('xxaxx', 'x'), btrim('  a ')
SELECT ltrim('x', 'xxax'), rtrim('x', 'xaxx'), trim('x' FROM 'xax')
SELECT substring('Spark SQL', 5), substring('Spark SQL', -3), substring('Spark SQL', 5, 1), substring('Spark SQL', 0, 3), substring('abc', -5, 3), substr('Spark', -10, 7)
SELECT substring('Spark SQL' FROM 5), substring('Spark SQL' FROM 5 FOR 1), left('abc', 2), left('abc', -1), right('abc', 2), right('abc', 0)
SELECT s, substring(s, n, 2), left(s, n), right(s, n) FROM VALUES ('abcdef', -2), ('abc', -4), ('xyz', 0), (NULL, 1) AS t(s, n)
SELECT concat('a', NULL, 'b'), concat_ws('-', 'a', NULL, 'b'), concat_ws(',', array('x', NULL, 'y'), 'z'), 'a' || 1 || TRUE, concat()
SELECT lpad('5', 3, '0'), rpad('5', 3, '*'), lpad('12345', 3, '0'), lpad('a', 3), rpad('a', 3, ''), repeat('ab', 3), space(2) || 'x', repeat('a', -1)
SELECT instr('abcabc', 'c'), locate('c', 'abcabc', 4), position('b' IN 'abc'), position('z', 'abc'), charindex('b', 'abc'), find_in_set('b', 'a,b,c'), locate('', 'abc')
SELECT replace('aXbX', 'X', '-'), replace('aXb', 'X'), translate('abc', 'ab', 'x'), overlay('Spark SQL' PLACING '_' FROM 6), overlay('Spark SQL' PLACING 'CORE' FROM 7 FOR 0)
SELECT split('a,b,c', ','), split('a1b2c', '[0-9]'), split('a,b,c', ',', 2), split('', ','), split('a.b', '\\.'), split('abc', ''), split('a,b,,', ',')
SELECT split('a-b-c', '-')[0], split('a-b-c', '-')[2], split_part('a-b-c', '-', 2), split_part('a-b-c', '-', -1), split_part('a-b', '-', 5), substring_index('a.b.c', '.', 2), substring_index('a.b.c', '.', -1)
SELECT split('a-b-c', '-')[5]
SELECT regexp_replace('100-200', '(\\d+)', 'num'), regexp_replace('John Smith', '(\\w+) (\\w+)', '$2 $1'), regexp_replace('a1b2', '[0-9]', ''), regexp_replace('aaa', 'a', 'b', 2)
SELECT regexp_extract('100-200', '(\\d+)-(\\d+)', 1), regexp_extract('100-200', '(\\d+)-(\\d+)', 2), regexp_extract('foo', '(\\d+)', 1), regexp_extract('id=42', 'id=(\\d+)'), regexp_extract('abc', 'b', 0)
SELECT regexp_extract_all('1-2 3-4', '(\\d)-(\\d)', 1), regexp_extract_all('a1b22', '\\d+', 0), regexp_count('abcabc', 'b'), regexp_instr('abc', 'c'), regexp_substr('abc123', '[0-9]+'), regexp_substr('abc', 'z')
SELECT 'abc' RLIKE '^a', 'abc' REGEXP 'b.', regexp_like('abc', 'C$'), 'a\nb' RLIKE 'a.b', rlike('abc', 'z'), 'ABC' RLIKE '(?i)abc'
SELECT 'abc' LIKE 'a%', 'a_c' LIKE 'a\_c', 'abc' LIKE 'a\_c', 'ABC' ILIKE 'a%', 'a%c' LIKE 'a/%c' ESCAPE '/', 'abc' NOT LIKE '_b_', 'x' LIKE NULL
SELECT s, s LIKE ANY ('a%', '%z'), s LIKE ALL ('a%', '%b'), s NOT LIKE ANY ('a%', 'b%'), s ILIKE SOME ('A%') FROM VALUES ('ab'), ('xz'), ('b'), (NULL) AS t(s)
SELECT 'ab' ILIKE 'A/_' ESCAPE '/', 'a_' ILIKE 'A/_' ESCAPE '/'
SELECT startswith('Spark', 'Sp'), endswith('Spark', 'k'), contains('Spark', 'ar'), startswith('a', NULL)
SELECT ascii('A'), chr(65), char(97), ascii(''), chr(256), unicode('é')
SELECT reverse('abc'), reverse(array(1, 2, 3)), levenshtein('kitten', 'sitting'), soundex('Miller'), soundex('')
SELECT format_number(1234567.891, 2), format_number(1234.5, 0), format_number(0.5, 3), format_string('%s-%05d-%.2f', 'a', 42, 3.14159), printf('%d%%', 5)
SELECT base64('abc'), unbase64('YWJj'), encode('abc', 'UTF-8'), decode(X'616263', 'UTF-8'), decode(encode('é', 'utf-16'), 'utf-16')
SELECT md5('a'), sha1('a'), sha2('a', 256), sha2('a', 512), crc32('a'), hash('a'), xxhash64('a'), sha2('a', 0)
SELECT hash(1, 'a', NULL), hash(1L), hash(1.5D), hash(TRUE), hash(DATE'2024-01-01'), xxhash64(1, 'x'), hash(array(1, 2)), hash(CAST(1.50 AS DECIMAL(10,2)))
SELECT id, name, sha2(concat_ws('|', id, name), 256) AS key FROM VALUES (1, 'a'), (2, NULL) AS t(id, name)
SELECT url_encode('a b&c'), url_decode('a+b%26c'), parse_url('https://x.org/p/a?q=1&r=2#f', 'HOST'), parse_url('https://x.org/p?q=1', 'QUERY', 'q'), parse_url('https://x.org/p/a?q=1', 'PATH')
SELECT sentences('Hi there! Good morning.'), str_to_map('a:1,b:2'), str_to_map('a=1;b=2', ';', '='), str_to_map('a')
SELECT mask('AbCD123-@$#'), luhn_check('8112189876'), elt(2, 'a', 'b'), quote('a\'b')
SELECT to_char(454, '999'), to_char(12454, '99,999'), to_number('$78.12', '$99.99'), try_to_number('x', '999'), to_char(DATE'2024-01-15', 'yyyy/MM')
SELECT isnull(NULL), isnotnull(1), 'a' IS DISTINCT FROM NULL, NULL <=> NULL, 1 <=> NULL, equal_null(1, 1), 1 IS NOT DISTINCT FROM 1
SELECT 'a' < 'B', 'a' = 'A', 'é' > 'z', upper('i'), 'a ' = 'a'
SELECT lower(s) AS s, length(trim(s)) FROM VALUES (' A '), ('ß') AS t(s)
SELECT randstr(0), 'a' || NULL, coalesce(NULL, 'x') || 'y'
SELECT to_json(named_struct('a', 'it''s')), concat('''', 'a', ''''), "it's", 'say "hi"'
SELECT char_length('😀'), substring('a😀b', 2, 1), reverse('a😀'), '😀' AS emoji, hex('😀')
SELECT collate('a', 'UTF8_LCASE') = 'A'
-- dates and times
SELECT date_add(DATE'2024-01-31', 1), date_sub(DATE'2024-01-01', 1), add_months(DATE'2024-01-31', 1), last_day(DATE'2024-02-10'), next_day(DATE'2024-01-15', 'MON'), datediff(DATE'2024-03-01', DATE'2024-02-01')
SELECT DATE'2024-01-31' + 1, DATE'2024-01-31' - 1, DATE'2024-01-31' + INTERVAL 1 MONTH, DATE'2024-03-01' - DATE'2024-02-01', DATE'2024-01-31' - INTERVAL '1' YEAR
SELECT d + n, date_add(d, n), date_sub(d, n) FROM VALUES (DATE'2024-01-31', 30), (DATE'2024-01-31', -1) AS t(d, n)
SELECT dateadd(DAY, 1, DATE'2024-01-31'), dateadd(MONTH, 1, DATE'2024-01-31'), dateadd(HOUR, 1, TIMESTAMP'2024-01-31 23:30:00'), timestampadd(MINUTE, -5, TIMESTAMP'2024-01-01 00:00:00'), dateadd(DATE'2024-01-01', 5)
SELECT datediff(DAY, DATE'2024-01-01', DATE'2024-02-01'), datediff(MONTH, DATE'2024-01-31', DATE'2024-02-28'), datediff(HOUR, TIMESTAMP'2024-01-01 00:30:00', TIMESTAMP'2024-01-01 02:00:00'), timestampdiff(SECOND, TIMESTAMP'2024-01-01 00:00:00', TIMESTAMP'2024-01-01 00:01:30'), datediff(YEAR, DATE'2020-05-01', DATE'2024-04-30'), timestampdiff(WEEK, DATE'2024-01-01', DATE'2024-01-20'), datediff(QUARTER, DATE'2024-01-01', DATE'2024-12-01')
SELECT months_between(DATE'2024-03-31', DATE'2024-02-29'), months_between('2024-03-15 12:00:00', '2024-01-15'), months_between(DATE'2024-03-01', DATE'2024-01-15', false)
SELECT year(ts), quarter(ts), month(ts), day(ts), hour(ts), minute(ts), second(ts), dayofweek(ts), dayofyear(ts), weekofyear(ts), weekday(ts) FROM VALUES (TIMESTAMP'2024-12-29 13:14:15.678'), (TIMESTAMP'2023-01-01 00:00:00') AS t(ts)
SELECT extract(YEAR FROM ts), extract(MONTH FROM ts), extract(DAY FROM ts), extract(HOUR FROM ts), extract(SECOND FROM ts), extract(WEEK FROM ts), extract(DOW FROM ts), extract(DOY FROM ts), extract(QUARTER FROM ts), extract(DAYOFWEEK_ISO FROM ts), extract(YEAROFWEEK FROM ts) FROM VALUES (TIMESTAMP'2024-12-30 13:14:15.678') AS t(ts)
SELECT date_part('YEAR', DATE'2024-05-06'), date_part('seconds', TIMESTAMP'2024-01-01 00:00:30.5'), date_part('days', INTERVAL 5 days 3 hours), date_part('hour', INTERVAL '1 02:03:04' DAY TO SECOND), datepart('month', DATE'2024-05-06')
SELECT date_trunc('HOUR', ts), date_trunc('DAY', ts), date_trunc('WEEK', ts), date_trunc('MONTH', ts), date_trunc('QUARTER', ts), date_trunc('YEAR', ts), date_trunc('minute', ts) FROM VALUES (TIMESTAMP'2024-05-15 13:14:15.678') AS t(ts)
SELECT trunc(DATE'2024-05-15', 'MM'), trunc(DATE'2024-05-15', 'YEAR'), trunc(DATE'2024-05-15', 'Q'), trunc(DATE'2024-05-15', 'WEEK'), trunc('2024-05-15', 'month'), trunc(DATE'2024-05-15', 'x')
SELECT date_format(ts, 'yyyy-MM-dd HH:mm:ss'), date_format(ts, 'yyyyMMdd'), date_format(ts, 'EEE'), date_format(ts, 'EEEE'), date_format(ts, 'MMM d, yyyy'), date_format(ts, 'MMMM'), date_format(ts, 'h:mm a'), date_format(ts, 'SSS'), date_format(ts, 'D'), date_format(ts, 'yy/M/d') FROM VALUES (TIMESTAMP'2024-05-05 13:04:05.678') AS t(ts)
SELECT date_format(DATE'2024-05-05', 'Q'), date_format(DATE'2024-05-05', "yyyy-'Q'q"), date_format(DATE'2024-05-05', 'QQQ'), date_format(DATE'2024-12-30', 'yyyy'), date_format('2024-05-05', 'dd.MM.yyyy'), date_format(TIMESTAMP'2024-05-05 01:00:00', "HH 'Uhr'")
SELECT to_date('2024-01-15'), to_date('15/01/2024', 'dd/MM/yyyy'), to_date('20240115', 'yyyyMMdd'), to_timestamp('2024-01-15 10:11:12'), to_timestamp('15.01.2024 10:11', 'dd.MM.yyyy HH:mm'), to_date('Jan 5, 2024', 'MMM d, yyyy')
SELECT to_date('nonsense')
SELECT try_to_date('nonsense'), try_to_date('15/01/2024', 'dd/MM/yyyy'), try_to_timestamp('nonsense'), try_to_timestamp('2024-01-15 10:11:12', 'yyyy-MM-dd HH:mm:ss'), try_to_date('99/99/2024', 'dd/MM/yyyy')
SELECT unix_timestamp('2024-01-15 10:11:12'), unix_timestamp('15/01/2024', 'dd/MM/yyyy'), from_unixtime(1700000000), from_unixtime(1700000000, 'yyyy-MM-dd'), to_unix_timestamp('2024-01-15', 'yyyy-MM-dd'), unix_timestamp(TIMESTAMP'2024-01-15 10:11:12')
SELECT timestamp_seconds(1700000000), timestamp_seconds(1700000000.123), timestamp_millis(1700000000123), timestamp_micros(1700000000123456), unix_seconds(TIMESTAMP'2023-11-14 22:13:20.5'), unix_millis(TIMESTAMP'2023-11-14 22:13:20.5'), unix_micros(TIMESTAMP'2023-11-14 22:13:20.5'), unix_date(DATE'2024-01-01'), date_from_unix_date(19723)
SELECT make_date(2024, 2, 29), make_timestamp(2024, 1, 2, 3, 4, 5.678), try_make_timestamp(2024, 13, 1, 0, 0, 0), make_interval(1, 2, 0, 3), make_dt_interval(1, 2, 3, 4.5), make_ym_interval(1, 2)
SELECT make_date(2023, 2, 29)
SELECT from_utc_timestamp(TIMESTAMP'2024-07-01 12:00:00', 'Europe/Berlin'), to_utc_timestamp(TIMESTAMP'2024-07-01 12:00:00', 'America/New_York'), convert_timezone('UTC', 'Asia/Tokyo', TIMESTAMP_NTZ'2024-07-01 12:00:00'), convert_timezone('Europe/Berlin', TIMESTAMP_NTZ'2024-07-01 12:00:00')
SELECT TIMESTAMP'2024-01-02 00:00:00' - TIMESTAMP'2024-01-01 12:30:00', TIMESTAMP'2024-01-01 00:00:00' + INTERVAL 1 HOUR, TIMESTAMP'2024-01-31 00:00:00' + INTERVAL 1 MONTH, TIMESTAMP'2024-01-01 00:00:00' - INTERVAL '1 02:03:04' DAY TO SECOND
SELECT ts + INTERVAL 90 MINUTES, ts - INTERVAL 1 WEEK, ts + INTERVAL '1 day 2 hours', ts + make_dt_interval(0, 1) FROM VALUES (TIMESTAMP'2024-03-01 00:00:00') AS t(ts)
SELECT INTERVAL 1 DAY, INTERVAL '1' YEAR, INTERVAL '1-2' YEAR TO MONTH, INTERVAL 3 HOURS + INTERVAL 5 MINUTES, INTERVAL 1 DAY * 3, INTERVAL 1 DAY / 2, INTERVAL 90 SECONDS
SELECT (unix_timestamp(b) - unix_timestamp(a)) / 60 AS minutes, b - a > INTERVAL 1 HOUR AS long FROM VALUES (TIMESTAMP'2024-01-01 00:00:00', TIMESTAMP'2024-01-01 02:30:00') AS t(a, b)
SELECT ts >= '2024-01-01', ts BETWEEN '2024-01-01' AND '2024-01-31', date(ts) = '2024-01-15', d > '2023-12-31' FROM VALUES (TIMESTAMP'2024-01-15 00:00:00', DATE'2024-01-15') AS t(ts, d)
SELECT d = ts, d < ts, coalesce(d, ts) FROM VALUES (TIMESTAMP'2024-01-15 00:00:00', DATE'2024-01-15') AS t(ts, d)
SELECT sequence(DATE'2024-01-01', DATE'2024-01-03'), sequence(DATE'2024-01-01', DATE'2024-03-01', INTERVAL 1 MONTH), sequence(1, 5, 2), sequence(5, 1), sequence(TIMESTAMP'2024-01-01 00:00:00', TIMESTAMP'2024-01-01 02:00:00', INTERVAL 1 HOUR)
SELECT explode(sequence(DATE'2024-02-27', DATE'2024-03-01', INTERVAL 1 DAY)) AS day
SELECT dayname(DATE'2024-01-15'), monthname(DATE'2024-01-15'), current_timezone(), TIMESTAMP_NTZ'2024-01-01 00:00:00', to_timestamp_ntz('2024-01-01 00:00:00'), to_timestamp_ltz('2024-01-01 00:00:00')
SELECT current_date() <= current_date, now() = current_timestamp(), localtimestamp() IS NOT NULL
SELECT min(ts), max(ts), max(ts) - min(ts), count(DISTINCT date(ts)) FROM VALUES (TIMESTAMP'2024-01-01 00:00:00'), (TIMESTAMP'2024-01-03 12:00:00') AS t(ts)
SELECT window_start, c FROM (SELECT date_trunc('hour', ts) AS window_start, count(*) AS c FROM VALUES (TIMESTAMP'2024-01-01 00:10:00'), (TIMESTAMP'2024-01-01 00:50:00'), (TIMESTAMP'2024-01-01 01:10:00') AS t(ts) GROUP BY 1) ORDER BY 1
SELECT DATE'2024-01-01' < TIMESTAMP'2024-01-01 00:00:01', CAST('1970-01-01' AS DATE) - 1, DATE'0001-01-01', DATE'9999-12-31'
SELECT DATE'2024-02-30'
SELECT timestamp'2024-01-01 00:00:00+02:00', timestamp'2024-01-01T00:00:00.123456Z', date'2024-1-1'
SELECT time_bucket(INTERVAL '1' HOUR, TIMESTAMP'2024-01-01 10:20:00')
-- NULLs and conditions
SELECT coalesce(NULL, NULL, 3), nvl(NULL, 'x'), nvl2(NULL, 1, 2), nullif(1, 1), ifnull(NULL, 5), nullif('a', 'b'), zeroifnull(NULL), nullifzero(0)
SELECT nvl(a, 0), coalesce(a, b, 0), ifnull(b, 1.5), nvl2(a, 'some', 'none') FROM VALUES (NULL, 2), (1, NULL) AS t(a, b)
SELECT CASE WHEN a > 1 THEN 'big' WHEN a IS NULL THEN 'none' ELSE 'small' END AS size, CASE a WHEN 1 THEN 'one' END, if(a > 1, a, 0), iff(a = 1, 'x', 'y') FROM VALUES (1), (2), (NULL) AS t(a)
SELECT CASE WHEN a = 1 THEN 1 ELSE 2.5 END, CASE WHEN a = 1 THEN NULL ELSE DATE'2024-01-01' END, if(a = 1, 1, 2L) FROM VALUES (1), (2) AS t(a)
SELECT CASE WHEN a = 1 THEN 'x' ELSE 5 END FROM VALUES (1), (1) AS t(a)
SELECT decode(a, 1, 'one', 2, 'two', 'many'), decode(a, NULL, 'null', 1, 'x') FROM VALUES (1), (2), (3), (NULL) AS t(a)
SELECT a IN (1, NULL), a NOT IN (1, 2), a IN ('1', '2'), a BETWEEN 1 AND 2, NOT a IN (3) FROM VALUES (1), (3), (NULL) AS t(a)
SELECT NULL AND FALSE, NULL OR TRUE, NOT NULL, TRUE AND NULL, NULL = NULL, TRUE <=> NULL, NOT TRUE IS NULL
SELECT a IS TRUE, a IS NOT FALSE, a IS NULL, NOT a, a = TRUE FROM VALUES (TRUE), (FALSE), (NULL) AS t(a)
SELECT assert_true(1 < 2), coalesce(NULL, 'x'), nullif('', '')
SELECT raise_error('boom')
SELECT assert_true(1 > 2)
SELECT 1 AS one, 'x' AS `a b`, NULL AS nothing, TRUE yes
SELECT count(*), count(a), count(DISTINCT a), count(a, b), count(DISTINCT a, b), count_if(a > 1), sum(a), avg(a), min(a), max(a) FROM VALUES (1, 1), (2, NULL), (2, NULL), (NULL, 3) AS t(a, b)
SELECT a, b FROM VALUES (1, 'x'), (2, NULL), (3, '') AS t(a, b) WHERE b = '' OR b IS NULL
SELECT a FROM VALUES (1), (NULL), (2) AS t(a) ORDER BY a DESC NULLS FIRST
SELECT a, row_number() OVER (ORDER BY a) AS n FROM VALUES (1), (NULL), (2) AS t(a) ORDER BY n
SELECT xor_(1) FROM VALUES (1) AS t(a)
SELECT missing FROM VALUES (1) AS t(a)
SELECT !TRUE, NOT FALSE, 1 != 2, 1 <> 2, 1 == 1, 5 <=> 5
-- nested data
SELECT array(1, 2, 3)[0], array('a', 'b')[1], map('a', 1)['a'], map('a', 1)['z'], struct(1 AS x, 'y' AS z).z, named_struct('a', 1, 'b', 'x')
SELECT array(1, 2)[5]
SELECT element_at(array(1, 2, 3), 1), element_at(array(1, 2, 3), -1), element_at(map('a', 1), 'b'), get(array(1, 2), 5), get(array(1, 2), 0), try_element_at(array(1, 2), 9), try_element_at(map(1, 'a'), 2)
SELECT element_at(array(1, 2, 3), 7)
SELECT element_at(array(1, 2, 3), 0)
SELECT size(array(1, 2)), size(map('a', 1)), cardinality(array()), array_size(array(1)), size(NULL), array_size(NULL)
SELECT array_contains(array(1, 2), 2), array_contains(array(1, NULL), 1), array_contains(array(1, NULL), 5), array_position(array('a', 'b'), 'b'), array_position(array(1), 9), array_contains(NULL, 1)
SELECT a, array_contains(a, 2), array_position(a, 2), size(a) FROM VALUES (array(1, 2)), (array(1, NULL)), (NULL) AS t(a)
SELECT array_distinct(array(3, 1, 3, NULL, NULL)), array_union(array(1, 2), array(2, 3)), array_intersect(array(1, 2), array(2, 3)), array_except(array(1, 2, 2), array(2)), arrays_overlap(array(1, 2), array(2)), arrays_overlap(array(1, NULL), array(2))
SELECT array_remove(array(1, NULL, 2, 1), 1), array_append(array(1), 2), array_prepend(array(2), 1), array_insert(array(1, 3), 2, 2), array_insert(array(1, 2), -1, 9), array_compact(array(1, NULL, 2)), array_repeat('a', 2)
SELECT array_max(array(1, 3, NULL)), array_min(array(2, 1)), array_sort(array(3, NULL, 1)), sort_array(array(3, NULL, 1)), sort_array(array('b', 'a'), false), array_join(array('a', NULL, 'b'), ','), array_join(array('a', NULL), ',', '?')
SELECT array_sort(array(3, 1, 2), (x, y) -> CASE WHEN x > y THEN -1 WHEN x < y THEN 1 ELSE 0 END), array_sort(array('bb', 'a', 'ccc'), (a, b) -> length(b) - length(a))
SELECT flatten(array(array(1, 2), array(3))), slice(array(1, 2, 3, 4), 2, 2), slice(array(1, 2, 3), -2, 2), arrays_zip(array(1, 2), array('a', 'b')), concat(array(1), array(2, 3)), array(1, 2) || array(3)
SELECT array(1, 2.5), array(1, NULL), array(), array(array(1), array(2, 3)), array('a', NULL)
SELECT map('a', 1, 'b', 2), map_keys(map('a', 1, 'b', 2)), map_values(map('a', 1)), map_entries(map('a', 1)), map_from_arrays(array('a', 'b'), array(1, 2)), map_from_entries(array(struct('a', 1))), map_concat(map('a', 1), map('b', 2)), map_contains_key(map('a', 1), 'a')
SELECT map(1, 'a')[1], element_at(map('a', array(1, 2)), 'a')[0], map('a', struct(1 AS x))['a'].x
SELECT transform(array(1, 2, 3), x -> x * 2), transform(array(10, 20), (x, i) -> x + i), filter(array(1, 2, 3, 4), x -> x % 2 = 0), filter(array(5, 6, 7), (x, i) -> i > 0), exists(array(1, 2), x -> x > 1), forall(array(1, 2), x -> x > 0)
SELECT aggregate(array(1, 2, 3), 0, (acc, x) -> acc + x), aggregate(array(1, 2, 3), 0, (acc, x) -> acc + x, acc -> acc * 10), reduce(array('a', 'b'), '', (acc, x) -> concat(acc, x)), aggregate(array(1.5, 2.5), CAST(0 AS DOUBLE), (a, x) -> a + x)
SELECT zip_with(array(1, 2), array(3, 4), (x, y) -> x + y), zip_with(array('a'), array('x', 'y'), (l, r) -> concat_ws('-', l, r)), map_filter(map('a', 1, 'b', 5), (k, v) -> v > 2)
SELECT transform_values(map('a', 1, 'b', 2), (k, v) -> v * 10), transform_keys(map('a', 1), (k, v) -> upper(k)), map_zip_with(map('a', 1), map('a', 5, 'b', 6), (k, x, y) -> coalesce(x, 0) + y)
SELECT id, transform(items, i -> i.price * i.qty) AS totals, aggregate(items, 0.0D, (a, i) -> a + i.price * i.qty) AS total FROM VALUES (1, array(struct(2.5D AS price, 2 AS qty), struct(1.0D AS price, 3 AS qty))), (2, array()) AS t(id, items)
SELECT id, items.name, items[0].name FROM VALUES (1, array(named_struct('name', 'a'), named_struct('name', 'b'))) AS t(id, items)
SELECT s.a, s.b.c, s.* FROM VALUES (named_struct('a', 1, 'b', named_struct('c', 'x'))) AS t(s)
SELECT id, explode(tags) AS tag FROM VALUES (1, array('a', 'b')), (2, array()), (3, NULL) AS t(id, tags)
SELECT id, explode_outer(tags) AS tag FROM VALUES (1, array('a', 'b')), (2, array()), (3, NULL) AS t(id, tags)
SELECT posexplode(array('a', 'b'))
SELECT posexplode_outer(tags) FROM VALUES (array('a')), (NULL) AS t(tags)
SELECT explode(map('a', 1, 'b', 2))
SELECT id, explode(m) AS (k, v) FROM VALUES (1, map('x', 10)) AS t(id, m)
SELECT explode_outer(m) FROM VALUES (map('x', 10)), (NULL) AS t(m)
SELECT inline(array(struct(1, 'a'), struct(2, 'b')))
SELECT id, inline(items) FROM VALUES (1, array(named_struct('p', 2, 'q', 'x'))) AS t(id, items)
SELECT stack(2, 1, 'a', 2, 'b')
SELECT id, stack(2, 'q1', q1, 'q2', q2) AS (quarter, value) FROM VALUES (1, 10, 20), (2, 30, NULL) AS t(id, q1, q2)
SELECT struct(a, b), struct(a AS x), named_struct('k', a, 'v', b), struct(*) FROM VALUES (1, 'z') AS t(a, b)
SELECT max(struct(ts, v)).v, max_by(v, ts), min_by(v, ts) FROM VALUES (1, 'a'), (3, 'c'), (2, 'b') AS t(ts, v)
SELECT a[0] + a[1], m['k'] * 2 FROM VALUES (array(1, 2), map('k', 21)) AS t(a, m)
SELECT shuffle(array(1)) , array_repeat(0, 3), sequence(3, 1), array_sort(array('b', 'A', 'a'))
SELECT size(filter(split('a,b,,c', ','), x -> x <> '')), array_join(transform(split('a b', ' '), w -> initcap(w)), ' ')
SELECT map_from_entries(transform(array('a', 'b'), (x, i) -> struct(x, i))), to_json(map_from_arrays(array('a'), array(1)))
SELECT arrays_zip(a, b) FROM VALUES (array(1, 2), array('x')) AS t(a, b)
-- JSON and CSV
SELECT get_json_object('{"a":{"b":1},"c":[1,2,3],"d":null}', '$.a.b'), get_json_object('{"c":[1,2,3]}', '$.c[1]'), get_json_object('{"c":[{"x":1},{"x":2}]}', '$.c[*].x'), get_json_object('{"a":"t"}', '$.a'), get_json_object('bad', '$.a'), get_json_object('{"a":{"b":1}}', '$.a'), get_json_object('{"d":null}', '$.d')
SELECT from_json('{"a":1,"b":"x"}', 'a INT, b STRING'), from_json('{"a":1,"b":"x"}', 'a INT, b STRING').b, from_json('[1,2]', 'ARRAY<INT>'), from_json('{"k":1}', 'MAP<STRING, INT>'), from_json('bad', 'a INT'), from_json('{"a":"x"}', 'a INT')
SELECT from_json(j, 'id BIGINT, tags ARRAY<STRING>, at TIMESTAMP, n STRUCT<x: DOUBLE>') AS r FROM VALUES ('{"id":7,"tags":["a","b"],"at":"2024-01-01T10:00:00Z","n":{"x":1.5}}'), ('{}'), (NULL) AS t(j)
SELECT r.id, r.n.x FROM (SELECT from_json(j, 'STRUCT<id: INT, n: STRUCT<x: INT>>') AS r FROM VALUES ('{"id":7,"n":{"x":2}}') AS t(j))
SELECT to_json(struct(1 AS a, 'x' AS b)), to_json(map('a', 1)), to_json(array(struct(1 AS a))), to_json(named_struct('a', NULL, 'b', 2)), to_json(named_struct('t', TIMESTAMP'2024-01-01 10:00:00', 'd', DATE'2024-01-01')), to_json(named_struct('m', 1.50, 'x', 1.5D, 'arr', array(1, NULL)))
SELECT json_array_length('[1,2,3]'), json_object_keys('{"a":1,"b":2}'), schema_of_json('{"a":1,"b":"x"}'), json_array_length('x'), json_object_keys('[]')
SELECT json_tuple('{"a":1,"b":"x"}', 'a', 'b')
SELECT id, json_tuple(j, 'a', 'b') AS (a, b) FROM VALUES (1, '{"a":1,"b":"x"}'), (2, '{}') AS t(id, j)
SELECT from_csv('1,abc', 'a INT, b STRING'), to_csv(struct(1, 'a')), schema_of_csv('1,abc')
SELECT j:a, j:b.c, j:list[0] FROM (SELECT '{"a":1,"b":{"c":"x"},"list":[5]}' AS j)
SELECT j:a::int + 1 FROM (SELECT '{"a":1}' AS j)
SELECT from_json('{"a":1,"A":2}', 'a INT'), from_json('{"a": 1.0}', 'a DOUBLE'), from_json('{"d":"15/01/2024"}', 'd DATE', map('dateFormat', 'dd/MM/yyyy'))
-- aggregates
SELECT k, count(*), sum(v), avg(v), min(v), max(v) FROM VALUES ('a', 1), ('a', 2), ('b', NULL) AS t(k, v) GROUP BY k ORDER BY k
SELECT k, collect_list(v), collect_set(v), array_agg(v), first(v), last(v), any_value(v) FROM VALUES ('a', 1), ('b', 2), ('a', 1) AS t(k, v) GROUP BY k ORDER BY k
SELECT first(v), first(v, true), first(v) IGNORE NULLS, last(v, true), first_value(v), last_value(v, true), any_value(v, true) FROM VALUES (NULL), (1), (2), (NULL) AS t(v)
SELECT sum(DISTINCT v), avg(DISTINCT v), count(DISTINCT v), sum(v) FILTER (WHERE v > 1), count(*) FILTER (WHERE v = 1) FROM VALUES (1), (1), (2) AS t(v)
SELECT stddev(v), stddev_pop(v), variance(v), var_pop(v), skewness(v), kurtosis(v), corr(v, w), covar_pop(v, w), covar_samp(v, w) FROM VALUES (1, 2), (2, 4), (4, 9) AS t(v, w)
SELECT percentile(v, 0.5), percentile(v, array(0.25, 0.75)), median(v), percentile_cont(0.5) WITHIN GROUP (ORDER BY v), percentile_disc(0.5) WITHIN GROUP (ORDER BY v), mode(v) FROM VALUES (1), (2), (2), (10) AS t(v)
SELECT percentile_approx(v, 0.5), approx_percentile(v, array(0.1, 0.9)), percentile_approx(v, 0.95, 1000) FROM VALUES (1), (2), (3), (4), (100) AS t(v)
SELECT percentile_approx(v, 0.5), median(v), percentile(v, 0.9) FROM VALUES (1.5D), (2.5D), (10.0D), (NULL) AS t(v)
SELECT approx_count_distinct(v), approx_count_distinct(v, 0.01) FROM VALUES (1), (2), (2), (3) AS t(v)
SELECT bool_and(v), bool_or(v), every(v), some(v), any(v), bit_and(n), bit_or(n), bit_xor(n) FROM VALUES (TRUE, 6), (FALSE, 3), (NULL, 5) AS t(v, n)
SELECT sum(m), avg(m), min(m), max(m), sum(m) / count(*), round(avg(m), 2) FROM VALUES (CAST(1.10 AS DECIMAL(10,2))), (CAST(2.25 AS DECIMAL(10,2))), (NULL) AS t(m)
SELECT sum(d), avg(d), sum(CASE WHEN d > 1 THEN 1 ELSE 0 END), sum(if(d > 1, d, 0)) FROM VALUES (1.5D), (0.5D) AS t(d)
SELECT string_agg(v, '-') WITHIN GROUP (ORDER BY v DESC), listagg(DISTINCT v, ',') WITHIN GROUP (ORDER BY v), listagg(v) WITHIN GROUP (ORDER BY v) FROM VALUES ('a'), ('c'), ('b'), ('a') AS t(v)
SELECT listagg(v, ',') FROM VALUES (CAST(NULL AS STRING)) AS t(v)
SELECT max_by(k, v), min_by(k, v), max_by(k, v, 2), min_by(k, v, 2) FROM VALUES ('a', 10), ('b', 50), ('c', 20) AS t(k, v)
SELECT sum(v), avg(v), count(v), max(v), collect_list(v), count(*) FROM VALUES (1) AS t(v) WHERE v > 5
SELECT k, sum(v) AS s FROM VALUES ('a', 1), ('b', 5), ('a', 3) AS t(k, v) GROUP BY k HAVING sum(v) > 4
SELECT k, l, sum(v), grouping(k), grouping_id() FROM VALUES ('a', 'x', 1), ('b', 'y', 2) AS t(k, l, v) GROUP BY ROLLUP (k, l) ORDER BY k NULLS FIRST, l NULLS FIRST
SELECT k, count(*) FROM VALUES ('a', 1), ('b', 2) AS t(k, v) GROUP BY GROUPING SETS ((k), ()) ORDER BY k
SELECT sort_array(collect_list(struct(v, k))) FROM VALUES ('a', 2), ('b', 1) AS t(k, v)
SELECT array_sort(collect_set(k)), map_from_entries(collect_list(struct(k, v))) FROM VALUES ('a', 2), ('b', 1) AS t(k, v)
SELECT try_sum(v), try_avg(v), sum(CAST(v AS DECIMAL(38,0))) FROM VALUES (9223372036854775807L), (1L) AS t(v)
SELECT regr_slope(y, x), regr_intercept(y, x), regr_r2(y, x), regr_count(y, x) FROM VALUES (1, 2), (2, 3), (3, 5) AS t(y, x)
SELECT histogram_numeric(v, 2) FROM VALUES (1), (2), (10) AS t(v)
SELECT sum(INTERVAL 1 DAY), sum('5'), avg('3'), max('a'), count(NULL)
SELECT mode(v), mode(v, true) FROM VALUES ('a'), ('b'), ('b') AS t(v)
SELECT sum(a * b) / sum(b) AS weighted, sum(a) * 100.0 / count(*) AS pct, round(sum(a) / count(*), 2) FROM VALUES (1, 2), (3, 4) AS t(a, b)
SELECT product(v) FROM VALUES (2.0D), (3.0D) AS t(v)
-- windows
SELECT k, v, row_number() OVER (PARTITION BY k ORDER BY v) AS rn, rank() OVER (PARTITION BY k ORDER BY v) AS r, dense_rank() OVER (PARTITION BY k ORDER BY v) AS d FROM VALUES ('a', 1), ('a', 1), ('a', 2), ('b', 5) AS t(k, v) ORDER BY k, v, rn
SELECT v, lag(v) OVER (ORDER BY v), lead(v) OVER (ORDER BY v), lag(v, 2, 0) OVER (ORDER BY v), lead(v, 1, -1) OVER (ORDER BY v) FROM VALUES (1), (2), (3) AS t(v) ORDER BY v
SELECT v, sum(v) OVER (ORDER BY v), sum(v) OVER (), avg(v) OVER (ORDER BY v ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING), count(*) OVER (ORDER BY v ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM VALUES (1), (2), (3) AS t(v) ORDER BY v
SELECT v, first_value(v) OVER (ORDER BY v), last_value(v) OVER (ORDER BY v), last_value(v) OVER (ORDER BY v ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING), nth_value(v, 2) OVER (ORDER BY v) FROM VALUES (1), (2), (3) AS t(v) ORDER BY v
SELECT v, ntile(2) OVER (ORDER BY v), percent_rank() OVER (ORDER BY v), cume_dist() OVER (ORDER BY v) FROM VALUES (1), (2), (3) AS t(v) ORDER BY v
SELECT ts, ts - lag(ts) OVER (ORDER BY ts) AS gap, unix_timestamp(ts) - lag(unix_timestamp(ts)) OVER (ORDER BY ts) AS seconds FROM VALUES (TIMESTAMP'2024-01-01 00:00:00'), (TIMESTAMP'2024-01-01 00:05:00') AS t(ts) ORDER BY ts
SELECT k, v, v * 100.0 / sum(v) OVER (PARTITION BY k) AS share FROM VALUES ('a', 1), ('a', 3) AS t(k, v) ORDER BY v
SELECT v, last_value(v, true) OVER (ORDER BY n), lag(v) IGNORE NULLS OVER (ORDER BY n), last(v) IGNORE NULLS OVER (ORDER BY n) FROM VALUES (1, 5), (2, NULL), (3, 7) AS t(n, v) ORDER BY n
SELECT n, sum(v) OVER (ORDER BY n RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) AS s FROM VALUES (1, 5), (2, 3), (4, 7) AS t(n, v) ORDER BY n
SELECT k, sum(sum(v)) OVER () AS total, rank() OVER (ORDER BY sum(v) DESC) AS r FROM VALUES ('a', 1), ('b', 5) AS t(k, v) GROUP BY k ORDER BY k
SELECT v, sum(v) OVER w, max(v) OVER w FROM VALUES (1), (2) AS t(v) WINDOW w AS (ORDER BY v) ORDER BY v
SELECT v, collect_list(v) OVER (ORDER BY v), count(DISTINCT v) FILTER (WHERE v > 0) FROM VALUES (1) AS t(v) GROUP BY v
SELECT ts, sum(v) OVER (ORDER BY ts RANGE BETWEEN INTERVAL 1 HOUR PRECEDING AND CURRENT ROW) AS s FROM VALUES (TIMESTAMP'2024-01-01 00:00:00', 1), (TIMESTAMP'2024-01-01 00:30:00', 2), (TIMESTAMP'2024-01-01 02:00:00', 4) AS t(ts, v) ORDER BY ts
-- names of unaliased columns
SELECT a + 1, a * (a + 1), -a, a AND TRUE, NOT (a = 1), a = 1, a IS NULL, a IN (1, 2), CASE WHEN a THEN 1 ELSE 2 END FROM VALUES (TRUE) AS t(a)
SELECT a + 1, a * (a + 1), -a, a > 1 AND a < 5, NOT (a = 1), a IN (1, 2), CASE WHEN a = 1 THEN 1 ELSE 2 END, CASE a WHEN 1 THEN 'x' END, a BETWEEN 1 AND 2, a::string, CAST(a AS DOUBLE) FROM VALUES (1) AS t(a)
SELECT count(*), count(1), sum(a), max(a + 1), count(DISTINCT a), COUNT(a), Sum(a), avg(a) FROM VALUES (1) AS t(a)
SELECT 'x', 1.5, NULL, TRUE, DATE'2024-01-01', INTERVAL 1 DAY, X'1F', -1, 1e3
SELECT concat(s, 'x'), s || 'y', substring(s, 1, 2), upper(s), s LIKE 'a%', s RLIKE 'b', trim(s), split(s, ',')[0] FROM VALUES ('ab') AS t(s)
SELECT t.a, t.a + t.b, st.x, st.x + 1, arr[0], m['k'] FROM VALUES (1, 2, named_struct('x', 3), array(4), map('k', 5)) AS t(a, b, st, arr, m)
SELECT (SELECT max(a) FROM VALUES (1), (2) AS u(a)), EXISTS (SELECT 1), 1 IN (SELECT 1)
SELECT row_number() OVER (ORDER BY a), sum(a) OVER (PARTITION BY b ORDER BY a) FROM VALUES (1, 2) AS t(a, b)
SELECT date_add(d, 1), d + 1, year(d), extract(YEAR FROM d), date_trunc('day', d), datediff(d, d), d - INTERVAL 1 DAY FROM VALUES (DATE'2024-01-01') AS t(d)
SELECT coalesce(a, 0), nvl(a, 0), if(a > 0, 1, 2), a <=> 1, round(a / 3, 2), CAST(a AS DECIMAL(10,2)) / 3 FROM VALUES (1) AS t(a)
-- pipelines: whole queries
SELECT user_id, count(*) AS events, count(DISTINCT page) AS pages, min(ts) AS first_seen, max(ts) AS last_seen, round(avg(ms), 1) AS avg_ms FROM VALUES (1, 'a', TIMESTAMP'2024-01-01 00:00:00', 10), (1, 'b', TIMESTAMP'2024-01-01 00:01:00', 15), (2, 'a', TIMESTAMP'2024-01-02 00:00:00', NULL) AS t(user_id, page, ts, ms) GROUP BY user_id ORDER BY user_id
WITH orders AS (SELECT * FROM VALUES (1, 'a', 10.50), (2, 'b', 20.00), (3, 'a', 5.25) AS o(id, customer, amount)) SELECT customer, sum(amount) AS total, sum(amount) / (SELECT sum(amount) FROM orders) AS share FROM orders GROUP BY customer ORDER BY total DESC
SELECT CAST(payload:id AS BIGINT) AS id, payload:name::string AS name FROM VALUES ('{"id": 1, "name": "x"}') AS t(payload)
SELECT id, CASE WHEN amount >= 100 THEN 'large' WHEN amount >= 10 THEN 'medium' ELSE 'small' END AS bucket, concat(upper(left(name, 1)), lower(substring(name, 2))) AS name FROM VALUES (1, 5, 'ANN'), (2, 50, 'bob'), (3, 500, 'Carl') AS t(id, amount, name) ORDER BY id
SELECT date_trunc('month', CAST(day AS TIMESTAMP)) AS month, sum(x) FROM VALUES ('2024-01-15', 1), ('2024-01-20', 2), ('2024-02-01', 3) AS t(day, x) GROUP BY date_trunc('month', CAST(day AS TIMESTAMP)) ORDER BY 1
SELECT a.id, coalesce(b.v, 'none') AS v FROM VALUES (1), (2) AS a(id) LEFT JOIN VALUES (1, 'x') AS b(id, v) ON a.id = b.id ORDER BY a.id
SELECT to_date(from_unixtime(ts / 1000)) AS day, count(*) AS n FROM VALUES (1700000000000L), (1700100000000L) AS t(ts) GROUP BY 1 ORDER BY 1
SELECT regexp_extract(url, 'https?://([^/]+)', 1) AS host, nullif(regexp_extract(url, '[?&]utm_source=([^&]*)', 1), '') AS source FROM VALUES ('https://a.org/x?utm_source=mail'), ('http://b.org/') AS t(url)
SELECT id, try_cast(amount AS DECIMAL(10,2)) AS amount, try_cast(ts AS TIMESTAMP) AS ts FROM VALUES ('1', '12.345', '2024-01-01'), ('2', 'x', 'y') AS t(id, amount, ts)
SELECT sum(cnt) OVER (ORDER BY day ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS week, day FROM VALUES (DATE'2024-01-01', 1), (DATE'2024-01-02', 2) AS t(day, cnt) ORDER BY day
SELECT a /* comment (with) 'quotes' */ + b -- tail
SELECT /* x */ count( /* inside */ * ) , concat('a' /* c */ , 'b') FROM VALUES (1) AS t(a)
SELECT DISTINCT upper(k) AS k FROM VALUES ('a'), ('A'), ('b') AS t(k) ORDER BY k
SELECT k FROM VALUES ('a', 1), ('b', 2) AS t(k, v) WHERE v = (SELECT max(v) FROM VALUES (1), (2) AS u(v))
SELECT current_catalog() IS NOT NULL, current_user() IS NOT NULL, version() IS NOT NULL, monotonically_increasing_id() >= 0, spark_partition_id() >= 0
SELECT parse_json('{"a":1}'):a::int, variant_get(parse_json('{"a":{"b":"x"}}'), '$.a.b', 'string')
SELECT * FROM range(3)
SELECT id * 2 AS n FROM range(1, 10, 3)
SELECT name, value FROM VALUES ('a', CAST(1 AS SMALLINT)) AS t(name, value) WHERE value + 1 > 1
SELECT uniform(1, 2) BETWEEN 1 AND 2, is_valid_utf8('a'), make_valid_utf8('a'), typeof(current_date())
"""

_BERLIN = r"""
SELECT CAST('2024-07-01 12:00:00' AS TIMESTAMP), CAST(TIMESTAMP'2024-07-01 12:00:00' AS STRING), CAST(TIMESTAMP'2024-07-01 12:00:00' AS BIGINT)
SELECT date_format(ts, 'yyyy-MM-dd HH:mm:ss'), hour(ts), date(ts), date_trunc('DAY', ts), extract(HOUR FROM ts) FROM VALUES (TIMESTAMP'2024-06-30 23:30:00Z') AS t(ts)
SELECT from_unixtime(1700000000), unix_timestamp('2024-03-31 03:30:00'), to_timestamp('2024-01-15 10:11:12'), timestamp_seconds(0)
SELECT TIMESTAMP'2024-03-31 01:30:00' + INTERVAL 1 HOUR, TIMESTAMP'2024-03-30 12:00:00' + INTERVAL 1 DAY, TIMESTAMP'2024-03-31 12:00:00' - TIMESTAMP'2024-03-30 12:00:00'
SELECT from_utc_timestamp('2024-07-01 12:00:00', 'Europe/Berlin'), to_utc_timestamp('2024-07-01 12:00:00', 'Europe/Berlin')
SELECT CAST(DATE'2024-07-01' AS TIMESTAMP), CAST(TIMESTAMP'2024-07-01 23:30:00' AS DATE), unix_timestamp(DATE'2024-07-01')
SELECT current_timezone(), make_timestamp(2024, 7, 1, 12, 0, 0), to_json(named_struct('t', TIMESTAMP'2024-07-01 12:00:00'))
SELECT from_json('{"t":"2024-07-01T12:00:00"}', 't TIMESTAMP'), TIMESTAMP_NTZ'2024-07-01 12:00:00', CAST(TIMESTAMP_NTZ'2024-07-01 12:00:00' AS TIMESTAMP)
SELECT date_trunc('HOUR', TIMESTAMP'2024-10-27 02:30:00'), date_trunc('WEEK', TIMESTAMP'2024-07-03 12:00:00'), trunc(TIMESTAMP'2024-07-01 00:30:00', 'MM')
SELECT datediff(TIMESTAMP'2024-07-02 00:30:00', TIMESTAMP'2024-07-01 23:30:00'), months_between(TIMESTAMP'2024-07-31 00:00:00', TIMESTAMP'2024-06-30 00:00:00'), date_add(TIMESTAMP'2024-07-01 00:30:00', 1)
SELECT count(*), date(ts) FROM VALUES (TIMESTAMP'2024-06-30 22:30:00Z'), (TIMESTAMP'2024-06-30 21:30:00Z') AS t(ts) GROUP BY date(ts) ORDER BY 2
SELECT sequence(TIMESTAMP'2024-03-30 12:00:00', TIMESTAMP'2024-04-01 12:00:00', INTERVAL 1 DAY)
"""


def _statements(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("--")]


IDIOMS: list[str] = _statements(_UTC)
BERLIN: list[str] = _statements(_BERLIN)
