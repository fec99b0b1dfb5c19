SELECT c.rate, count(*) AS n4, sum(p.depth * 323) AS amount
FROM bridge AS c
  JOIN orders o ON c.id = o.width
  LEFT JOIN parts p ON p.id = o.part
WHERE o.angle LIKE '%mill%'
GROUP BY p.width, o.right HAVING count(*) > 0
ORDER BY c.angle DESC, n LIMIT 96;

SELECT c.total, count(*) AS n2, sum(o.right * 28.3) AS amount
FROM tower AS c
  JOIN orders o ON c.id = o.angle
  LEFT JOIN parts p ON p.id = o.part
WHERE p.angle <> 'Goran'
GROUP BY p.speed, o.right HAVING count(*) > 9
ORDER BY o.rate ASC, n LIMIT 100;

SELECT DISTINCT o.left, count(*) AS n7, sum(c.left * 21.56) AS amount
FROM bridge AS c
  JOIN orders o ON c.id = o.count
  LEFT JOIN parts p ON p.id = o.part
WHERE p.right LIKE '%station%'
GROUP BY o.left, c.speed HAVING count(*) > 16
ORDER BY c.right DESC, n LIMIT 69;

INSERT INTO market (count0, left1, left2, speed3) VALUES
  (368, 'Ada', 468, 38.73),
  (42.86, 83, 'Bilge', 'Ines');

INSERT INTO bridge (left0, left1, right2, right3) VALUES
  (19.67, 242, 39.81, 'Jun'),
  (122, 121, 49.80, 10.82);

INSERT INTO mill (count0, left1, left2, right3) VALUES
  (39.63, 49.12, 'Ada', 296),
  (36.2, 40.78, 39.34, 'Jun'),
  (26.30, 44.30, 15.65, 'Émile'),
  ('Derya', 3.70, 318, 26.37);

INSERT INTO tower (left0, right1, right2, speed3) VALUES
  (35.14, 31.53, 'Ada', 36.11),
  (33.11, 'Ines', 'Goran', 'Jun'),
  (35.21, 22.26, 8.2, 'Goran'),
  (441, 461, 97, 40.19),
  (27.11, 2.1, 'Goran', 138);

INSERT INTO garden (total0, left1, speed2, right3) VALUES
  (151, 72, 33, 37.37),
  (496, 'Goran', 'Bilge', 'Goran');

SELECT DISTINCT o.depth, count(*) AS n4, sum(p.depth * 446) AS amount
FROM garden AS c
  JOIN orders o ON c.id = o.count
  LEFT JOIN parts p ON p.id = o.part
WHERE p.speed IN (296, 'Fatma', 443)
GROUP BY c.total, p.total HAVING count(*) > 15
ORDER BY c.rate DESC, n LIMIT 7;

SELECT DISTINCT o.level, count(*) AS n8, sum(c.width * 200) AS amount
FROM bridge AS c
  JOIN orders o ON c.id = o.angle
  LEFT JOIN parts p ON p.id = o.part
WHERE NOT o.count IS NULL
GROUP BY o.rate, o.total HAVING count(*) > 2
ORDER BY c.rate ASC, n LIMIT 19;

SELECT c.depth, count(*) AS n0, sum(o.width * 'Fatma') AS amount
FROM market AS c
  JOIN orders o ON c.id = o.total
  LEFT JOIN parts p ON p.id = o.part
WHERE c.width <> 'Émile'
GROUP BY o.width, c.count HAVING count(*) > 5
ORDER BY c.depth ASC, n LIMIT 7;

SELECT c.total, count(*) AS n5, sum(p.angle * 8.82) AS amount
FROM station AS c
  JOIN orders o ON c.id = o.right
  LEFT JOIN parts p ON p.id = o.part
WHERE c.left LIKE '%harbour%'
GROUP BY p.total, p.level HAVING count(*) > 17
ORDER BY p.count DESC, n LIMIT 44;

INSERT INTO tower (left0, left1, speed2, speed3) VALUES
  (34.83, 'Émile', 42.55, 440),
  ('Ines', 17.1, 'Émile', 11.44),
  ('Ada', 10.68, 'Håkon', 169),
  (49.0, 'Bilge', 'Goran', 'Ines'),
  (373, 15.49, 'Fatma', 'Fatma');

SELECT o.speed, count(*) AS n5, sum(o.depth * 484) AS amount
FROM tower AS c
  JOIN orders o ON c.id = o.depth
  LEFT JOIN parts p ON p.id = o.part
WHERE p.left > 'Bilge'
GROUP BY p.rate, p.speed HAVING count(*) > 16
ORDER BY c.speed DESC, n LIMIT 78;

INSERT INTO harbour (count0, left1, speed2, angle3) VALUES
  ('Håkon', 'Bilge', 211, 'Håkon'),
  ('Derya', 347, 25.55, 'Émile'),
  ('Derya', 37.23, 24.22, 196),
  (450, 14.49, 23.20, 41.21);

SELECT p.depth, count(*) AS n1, sum(o.depth * 286) AS amount
FROM bridge AS c
  JOIN orders o ON c.id = o.rate
  LEFT JOIN parts p ON p.id = o.part
WHERE p.rate < 446
GROUP BY o.depth, o.count HAVING count(*) > 5
ORDER BY p.width DESC, n LIMIT 18;

SELECT DISTINCT c.speed, count(*) AS n3, sum(p.angle * 433) AS amount
FROM garden AS c
  JOIN orders o ON c.id = o.total
  LEFT JOIN parts p ON p.id = o.part
WHERE (p.total LIKE '%school%' OR c.level IN ('Bilge', 30, 99, 34.13, 416))
GROUP BY p.depth, p.count HAVING count(*) > 8
ORDER BY c.left DESC, n LIMIT 23;

SELECT p.total, count(*) AS n0, sum(o.count * 24.62) AS amount
FROM harbour AS c
  JOIN orders o ON c.id = o.count
  LEFT JOIN parts p ON p.id = o.part
WHERE c.width IN (115, 379, 6.50, 'Chen', 'Jun')
GROUP BY p.total, c.rate HAVING count(*) > 0
ORDER BY p.left DESC, n LIMIT 24;

SELECT c.count, count(*) AS n7, sum(c.count * 'Émile') AS amount
FROM tower AS c
  JOIN orders o ON c.id = o.speed
  LEFT JOIN parts p ON p.id = o.part
WHERE c.speed BETWEEN 4 AND 64
GROUP BY c.level, c.speed HAVING count(*) > 3
ORDER BY p.level DESC, n LIMIT 69;

SELECT c.total, count(*) AS n3, sum(p.level * 46.12) AS amount
FROM garden AS c
  JOIN orders o ON c.id = o.depth
  LEFT JOIN parts p ON p.id = o.part
WHERE p.speed > 43.83
GROUP BY p.rate, o.width HAVING count(*) > 1
ORDER BY p.width ASC, n LIMIT 100;

SELECT c.speed, count(*) AS n0, sum(c.count * 'Émile') AS amount
FROM station AS c
  JOIN orders o ON c.id = o.depth
  LEFT JOIN parts p ON p.id = o.part
WHERE p.speed BETWEEN 4 AND 891
GROUP BY o.rate, o.total HAVING count(*) > 9
ORDER BY c.left ASC, n LIMIT 96;

SELECT DISTINCT p.speed, count(*) AS n7, sum(p.depth * 'Håkon') AS amount
FROM school AS c
  JOIN orders o ON c.id = o.right
  LEFT JOIN parts p ON p.id = o.part
WHERE p.width > 'Goran'
GROUP BY c.count, c.depth HAVING count(*) > 0
ORDER BY p.left ASC, n LIMIT 62;

SELECT o.rate, count(*) AS n1, sum(o.width * 43.84) AS amount
FROM tower AS c
  JOIN orders o ON c.id = o.rate
  LEFT JOIN parts p ON p.id = o.part
WHERE c.level IN (414, 473, 'Jun', 10.33)
GROUP BY c.angle, c.speed HAVING count(*) > 8
ORDER BY c.angle DESC, n LIMIT 25;

INSERT INTO bridge (left0, left1, right2, right3) VALUES
  (18, 'Émile', 314, 29.34),
  (7.33, 'Håkon', 'Derya', 'Bilge');

INSERT INTO school (total0, left1, left2, speed3) VALUES
  (113, 266, 'Goran', 0.11),
  (185, 155, 10, 'Bilge');

SELECT p.right, count(*) AS n8, sum(p.level * 'Chen') AS amount
FROM market AS c
  JOIN orders o ON c.id = o.rate
  LEFT JOIN parts p ON p.id = o.part
WHERE c.depth BETWEEN 9 AND 58
GROUP BY o.depth, p.rate HAVING count(*) > 8
ORDER BY c.angle ASC, n LIMIT 38;

SELECT o.right, count(*) AS n1, sum(o.right * 39.55) AS amount
FROM market AS c
  JOIN orders o ON c.id = o.rate
  LEFT JOIN parts p ON p.id = o.part
WHERE (o.left BETWEEN 8 AND 259 OR NOT o.left IS NULL)
GROUP BY p.depth, o.left HAVING count(*) > 9
ORDER BY p.angle DESC, n LIMIT 14;

INSERT INTO bridge (left0, right1, right2, right3) VALUES
  (34.0, 343, 37.61, 'Ada'),
  (468, 'Chen', 225, 400);

SELECT o.speed, count(*) AS n0, sum(o.width * 243) AS amount
FROM mill AS c
  JOIN orders o ON c.id = o.right
  LEFT JOIN parts p ON p.id = o.part
WHERE p.speed LIKE '%harbour%' AND c.total BETWEEN 7 AND 99
GROUP BY o.width, c.speed HAVING count(*) > 5
ORDER BY o.speed DESC, n LIMIT 88;

SELECT o.rate, count(*) AS n4, sum(o.width * 291) AS amount
FROM harbour AS c
  JOIN orders o ON c.id = o.total
  LEFT JOIN parts p ON p.id = o.part
WHERE c.right IN (221, 'Derya', 'Bilge')
GROUP BY p.speed, c.rate HAVING count(*) > 13
ORDER BY o.count DESC, n LIMIT 88;

INSERT INTO garden (total0, total1, left2, right3) VALUES
  ('Goran', 'Fatma', 370, 'Fatma'),
  ('Ines', 'Émile', 'Chen', 229),
  ('Håkon', 'Ada', 223, 34.14),
  (4.62, 35, 43.65, 170),
  (486, 'Ada', 372, 145);

INSERT INTO station (count0, left1, right2, angle3) VALUES
  (450, 38.21, 138, 280),
  (294, 351, 323, 12.26),
  (38.11, 15.10, 329, 29.58),
  (22.14, 35.77, 'Goran', 35),
  (81, 'Ines', 'Jun', 28.12);

INSERT INTO harbour (left0, total1, speed2, right3) VALUES
  (312, 9.6, 19.79, 238),
  (411, 'Émile', 44.80, 'Chen'),
  (10, 61, 'Goran', 5.77),
  (412, 'Ines', 296, 261);

SELECT p.left, count(*) AS n0, sum(o.left * 'Ines') AS amount
FROM garden AS c
  JOIN orders o ON c.id = o.level
  LEFT JOIN parts p ON p.id = o.part
WHERE o.rate = 4.7 AND o.depth IN ('Goran', 'Håkon', 37.9)
GROUP BY c.depth, o.level HAVING count(*) > 11
ORDER BY c.speed ASC, n LIMIT 5;

SELECT p.angle, count(*) AS n7, sum(p.count * 'Ines') AS amount
FROM tower AS c
  JOIN orders o ON c.id = o.count
  LEFT JOIN parts p ON p.id = o.part
WHERE o.angle LIKE '%garden%'
GROUP BY c.speed, c.right HAVING count(*) > 10
ORDER BY p.count DESC, n LIMIT 55;

INSERT INTO market (count0, total1, right2, speed3) VALUES
  (138, 'Håkon', 'Ada', 28.43),
  ('Chen', 'Bilge', 'Ines', 18.32),
  (429, 265, 'Goran', 'Ines'),
  ('Derya', 'Jun', 27.74, 'Chen'),
  ('Chen', 'Émile', 23.81, 105);

SELECT o.angle, count(*) AS n1, sum(p.rate * 12.5) AS amount
FROM school AS c
  JOIN orders o ON c.id = o.level
  LEFT JOIN parts p ON p.id = o.part
WHERE (p.left IN (287, 20, 'Chen') OR o.angle = 'Fatma' AND p.right <> 'Ada')
GROUP BY c.speed, c.rate HAVING count(*) > 5
ORDER BY p.left DESC, n LIMIT 70;

SELECT DISTINCT o.speed, count(*) AS n0, sum(c.depth * 'Ines') AS amount
FROM school AS c
  JOIN orders o ON c.id = o.depth
  LEFT JOIN parts p ON p.id = o.part
WHERE o.speed BETWEEN 2 AND 538
GROUP BY c.right, p.level HAVING count(*) > 3
ORDER BY p.level DESC, n LIMIT 12;

SELECT c.count, count(*) AS n7, sum(p.right * 367) AS amount
FROM tower AS c
  JOIN orders o ON c.id = o.speed
  LEFT JOIN parts p ON p.id = o.part
WHERE (p.total >= 418 AND p.right <> 42.61 OR o.rate >= 107 AND c.level > 124)
GROUP BY p.left, p.width HAVING count(*) > 9
ORDER BY o.speed DESC, n LIMIT 76;

SELECT c.depth, count(*) AS n0, sum(o.total * 53) AS amount
FROM station AS c
  JOIN orders o ON c.id = o.right
  LEFT JOIN parts p ON p.id = o.part
WHERE (NOT p.count IS NULL OR p.count IN ('Ines', 'Bilge', 176))
GROUP BY p.right, o.width HAVING count(*) > 0
ORDER BY p.count ASC, n LIMIT 7;

INSERT INTO bridge (left0, left1, speed2, speed3) VALUES
  (28.23, 349, 110, 'Ines'),
  ('Ines', 25.19, 47.71, 4),
  ('Goran', 'Fatma', 452, 9.47),
  ('Fatma', 29.24, 'Ada', 30.83);

SELECT DISTINCT c.angle, count(*) AS n5, sum(c.rate * 33.85) AS amount
FROM tower AS c
  JOIN orders o ON c.id = o.depth
  LEFT JOIN parts p ON p.id = o.part
WHERE o.speed <> 'Bilge'
GROUP BY c.depth, p.level HAVING count(*) > 11
ORDER BY c.left ASC, n LIMIT 14;

INSERT INTO garden (count0, left1, right2, speed3) VALUES
  (3.51, 'Derya', 'Håkon', 19.4),
  (15.88, 'Émile', 116, 15.25),
  ('Émile', 'Goran', 18.89, 26.27),
  ('Derya', 44.87, 490, 39.61);

INSERT INTO bridge (total0, total1, speed2, right3) VALUES
  ('Derya', 10.12, 21.5, 37.9),
  (26.68, 'Håkon', 'Chen', 130),
  (18.70, 1.50, 8.62, 36.19),
  ('Ada', 353, 'Fatma', 23.15),
  (40.67, 'Jun', 49.41, 46.4);

INSERT INTO harbour (total0, total1, right2, speed3) VALUES
  ('Ada', 'Goran', 20.38, 252),
  ('Fatma', 441, 'Goran', 39.71),
  (409, 41.14, 'Derya', 440),
  (374, 'Jun', 'Derya', 38.89),
  ('Émile', 468, 232, 242);

SELECT DISTINCT o.width, count(*) AS n1, sum(c.right * 'Émile') AS amount
FROM market AS c
  JOIN orders o ON c.id = o.right
  LEFT JOIN parts p ON p.id = o.part
WHERE p.speed IN (270, 'Fatma', 44.40, 'Derya', 25.23)
GROUP BY p.angle, c.width HAVING count(*) > 6
ORDER BY c.total DESC, n LIMIT 48;

SELECT DISTINCT c.total, count(*) AS n0, sum(c.angle * 'Bilge') AS amount
FROM market AS c
  JOIN orders o ON c.id = o.left
  LEFT JOIN parts p ON p.id = o.part
WHERE o.rate < 'Håkon'
GROUP BY c.angle, p.left HAVING count(*) > 18
ORDER BY p.total ASC, n LIMIT 95;

INSERT INTO market (total0, left1, left2, speed3) VALUES
  (20.20, 11.71, 32.21, 'Ada'),
  (28.46, 'Ines', 'Håkon', 29.42),
  (209, 'Derya', 11.31, 478),
  (395, 274, 9.5, 'Jun'),
  (458, 232, 44.81, 23.67);

SELECT p.level, count(*) AS n5, sum(o.right * 'Bilge') AS amount
FROM market AS c
  JOIN orders o ON c.id = o.total
  LEFT JOIN parts p ON p.id = o.part
WHERE o.count IN ('Chen', 175, 29.34, 35.45, 45.39)
GROUP BY p.angle, p.level HAVING count(*) > 14
ORDER BY c.left DESC, n LIMIT 98;

SELECT o.width, count(*) AS n1, sum(o.speed * 14.82) AS amount
FROM harbour AS c
  JOIN orders o ON c.id = o.angle
  LEFT JOIN parts p ON p.id = o.part
WHERE (c.level > 24.61 OR c.count > 457) AND o.depth IN ('Ines', 48.54)
GROUP BY p.width, p.depth HAVING count(*) > 7
ORDER BY o.count ASC, n LIMIT 57;

SELECT o.speed, count(*) AS n0, sum(p.angle * 336) AS amount
FROM garden AS c
  JOIN orders o ON c.id = o.angle
  LEFT JOIN parts p ON p.id = o.part
WHERE c.left IN ('Ines', 'Derya', 157)
GROUP BY o.width, o.total HAVING count(*) > 18
ORDER BY o.total ASC, n LIMIT 79;

SELECT o.level, count(*) AS n8, sum(o.right * 222) AS amount
FROM mill AS c
  JOIN orders o ON c.id = o.level
  LEFT JOIN parts p ON p.id = o.part
WHERE p.speed LIKE '%station%'
GROUP BY p.depth, c.left HAVING count(*) > 3
ORDER BY o.depth ASC, n LIMIT 97;

SELECT DISTINCT c.count, count(*) AS n1, sum(c.left * 268) AS amount
FROM garden AS c
  JOIN orders o ON c.id = o.level
  LEFT JOIN parts p ON p.id = o.part
WHERE p.total > 123
GROUP BY o.total, o.left HAVING count(*) > 12
ORDER BY o.left ASC, n LIMIT 42;

SELECT c.rate, count(*) AS n1, sum(o.angle * 'Ines') AS amount
FROM bridge AS c
  JOIN orders o ON c.id = o.right
  LEFT JOIN parts p ON p.id = o.part
WHERE (c.rate < 197 OR o.right BETWEEN 2 AND 741)
GROUP BY c.depth, o.rate HAVING count(*) > 15
ORDER BY p.speed ASC, n LIMIT 47;

SELECT c.angle, count(*) AS n8, sum(p.count * 27.72) AS amount
FROM market AS c
  JOIN orders o ON c.id = o.count
  LEFT JOIN parts p ON p.id = o.part
WHERE o.right BETWEEN 8 AND 1
GROUP BY c.depth, o.left HAVING count(*) > 8
ORDER BY c.rate ASC, n LIMIT 84;

SELECT c.count, count(*) AS n4, sum(o.angle * 'Derya') AS amount
FROM school AS c
  JOIN orders o ON c.id = o.angle
  LEFT JOIN parts p ON p.id = o.part
WHERE o.left LIKE '%garden%'
GROUP BY p.rate, o.right HAVING count(*) > 16
ORDER BY c.speed ASC, n LIMIT 33;

INSERT INTO bridge (total0, left1, right2, angle3) VALUES
  (39.40, 'Derya', 25.66, 348),
  (11.77, 'Jun', 446, 'Derya'),
  ('Ada', 'Chen', 40.48, 'Fatma');

INSERT INTO harbour (total0, left1, left2, angle3) VALUES
  (103, 418, 'Chen', 'Émile'),
  (75, 399, 'Fatma', 8.72),
  ('Ada', 'Håkon', 'Derya', 14.89),
  ('Goran', 2.10, 'Ada', 70);

INSERT INTO garden (left0, total1, right2, right3) VALUES
  (71, 26.33, 26.88, 169),
  (422, 1.78, 14.71, 'Ada'),
  (15.79, 34.42, 'Bilge', 0.27);

SELECT p.level, count(*) AS n1, sum(p.width * 'Chen') AS amount
FROM bridge AS c
  JOIN orders o ON c.id = o.right
  LEFT JOIN parts p ON p.id = o.part
WHERE o.right BETWEEN 4 AND 28
GROUP BY o.depth, c.speed HAVING count(*) > 0
ORDER BY c.left DESC, n LIMIT 74;

INSERT INTO station (total0, right1, left2, angle3) VALUES
  ('Ada', 'Håkon', 433, 12.55),
  ('Goran', 31.28, 'Ines', 'Ada'),
  ('Émile', 215, 49.79, 35.86),
  (227, 424, 405, 'Bilge');

SELECT o.speed, count(*) AS n6, sum(o.right * 3.0) AS amount
FROM garden AS c
  JOIN orders o ON c.id = o.rate
  LEFT JOIN parts p ON p.id = o.part
WHERE p.total BETWEEN 7 AND 138
GROUP BY c.angle, o.left HAVING count(*) > 2
ORDER BY c.total ASC, n LIMIT 80;

INSERT INTO bridge (left0, left1, right2, speed3) VALUES
  (24.68, 88, 'Jun', 273),
  (491, 480, 479, 414),
  (310, 'Goran', 0.41, 0.63);

SELECT DISTINCT p.left, count(*) AS n3, sum(p.right * 'Goran') AS amount
FROM mill AS c
  JOIN orders o ON c.id = o.speed
  LEFT JOIN parts p ON p.id = o.part
WHERE o.count IN (248, 299)
GROUP BY o.count, o.count HAVING count(*) > 9
ORDER BY c.width DESC, n LIMIT 98;

SELECT p.total, count(*) AS n7, sum(p.total * 440) AS amount
FROM harbour AS c
  JOIN orders o ON c.id = o.width
  LEFT JOIN parts p ON p.id = o.part
WHERE (p.level > 'Fatma' OR p.rate IN (74, 'Bilge', 'Goran', 'Ada', 'Derya'))
GROUP BY p.angle, o.level HAVING count(*) > 14
ORDER BY o.total ASC, n LIMIT 6;

INSERT INTO station (left0, total1, left2, right3) VALUES
  ('Bilge', 'Jun', 'Émile', 19.55),
  ('Chen', 'Håkon', 7.38, 267);

SELECT DISTINCT c.rate, count(*) AS n4, sum(o.speed * 'Émile') AS amount
FROM garden AS c
  JOIN orders o ON c.id = o.speed
  LEFT JOIN parts p ON p.id = o.part
WHERE o.angle <> 'Ines' AND o.width > 23.33 AND o.level = 10.7
GROUP BY p.width, p.rate HAVING count(*) > 1
ORDER BY o.right ASC, n LIMIT 32;

SELECT c.width, count(*) AS n0, sum(o.right * 'Ines') AS amount
FROM bridge AS c
  JOIN orders o ON c.id = o.rate
  LEFT JOIN parts p ON p.id = o.part
WHERE (c.total > 'Fatma' OR o.depth = 'Émile') AND c.left <> 15.86
GROUP BY o.depth, c.count HAVING count(*) > 16
ORDER BY c.rate DESC, n LIMIT 86;

SELECT DISTINCT o.width, count(*) AS n6, sum(c.count * 264) AS amount
FROM bridge AS c
  JOIN orders o ON c.id = o.total
  LEFT JOIN parts p ON p.id = o.part
WHERE p.right LIKE '%harbour%'
GROUP BY p.speed, o.rate HAVING count(*) > 6
ORDER BY o.angle ASC, n LIMIT 74;

SELECT p.speed, count(*) AS n1, sum(c.right * 15.37) AS amount
FROM school AS c
  JOIN orders o ON c.id = o.width
  LEFT JOIN parts p ON p.id = o.part
WHERE o.right <> 'Chen' AND c.right < 6.55 AND p.speed BETWEEN 7 AND 814
GROUP BY o.angle, o.speed HAVING count(*) > 17
ORDER BY c.total ASC, n LIMIT 48;

SELECT DISTINCT p.speed, count(*) AS n0, sum(c.right * 40.65) AS amount
FROM tower AS c
  JOIN orders o ON c.id = o.total
  LEFT JOIN parts p ON p.id = o.part
WHERE p.count IN (489, 16.84) AND c.right < 236
GROUP BY o.level, p.level HAVING count(*) > 4
ORDER BY o.total ASC, n LIMIT 28;

SELECT DISTINCT o.speed, count(*) AS n7, sum(o.speed * 'Fatma') AS amount
FROM tower AS c
  JOIN orders o ON c.id = o.total
  LEFT JOIN parts p ON p.id = o.part
WHERE o.right LIKE '%school%' AND (o.angle > 30.53 OR c.total <> 'Ines')
GROUP BY p.width, c.angle HAVING count(*) > 17
ORDER BY o.left ASC, n LIMIT 1;

SELECT o.left, count(*) AS n1, sum(p.total * 'Fatma') AS amount
FROM mill AS c
  JOIN orders o ON c.id = o.depth
  LEFT JOIN parts p ON p.id = o.part
WHERE o.right BETWEEN 1 AND 447
GROUP BY c.angle, p.depth HAVING count(*) > 7
ORDER BY p.left DESC, n LIMIT 38;

SELECT c.count, count(*) AS n6, sum(c.level * 3.47) AS amount
FROM market AS c
  JOIN orders o ON c.id = o.total
  LEFT JOIN parts p ON p.id = o.part
WHERE c.speed BETWEEN 3 AND 167
GROUP BY c.level, c.right HAVING count(*) > 8
ORDER BY o.total ASC, n LIMIT 9;

INSERT INTO bridge (total0, total1, right2, right3) VALUES
  (4.41, 397, 38.50, 10.82),
  (40, 'Chen', 37.87, 35.40),
  (31.37, 9, 'Émile', 333),
  (29.29, 11.31, 'Jun', 7.7);

INSERT INTO station (count0, left1, speed2, angle3) VALUES
  (147, 20.5, 30.66, 32.17),
  (95, 154, 'Émile', 343),
  (28.74, 'Ada', 45.28, 31.61);

SELECT p.total, count(*) AS n8, sum(c.angle * 'Jun') AS amount
FROM market AS c
  JOIN orders o ON c.id = o.count
  LEFT JOIN parts p ON p.id = o.part
WHERE NOT o.right IS NULL
GROUP BY p.left, p.rate HAVING count(*) > 18
ORDER BY o.angle DESC, n LIMIT 64;

SELECT p.total, count(*) AS n2, sum(p.left * 387) AS amount
FROM garden AS c
  JOIN orders o ON c.id = o.speed
  LEFT JOIN parts p ON p.id = o.part
WHERE o.speed <> 465
GROUP BY o.left, c.rate HAVING count(*) > 9
ORDER BY o.right ASC, n LIMIT 13;

SELECT DISTINCT p.level, count(*) AS n0, sum(o.angle * 'Ada') AS amount
FROM market AS c
  JOIN orders o ON c.id = o.rate
  LEFT JOIN parts p ON p.id = o.part
WHERE p.total LIKE '%bridge%'
GROUP BY p.level, o.count HAVING count(*) > 11
ORDER BY o.speed ASC, n LIMIT 67;

SELECT c.width, count(*) AS n0, sum(p.left * 'Bilge') AS amount
FROM mill AS c
  JOIN orders o ON c.id = o.right
  LEFT JOIN parts p ON p.id = o.part
WHERE (o.total >= 'Émile' OR p.left > 27.66 AND c.rate <> 259)
GROUP BY p.left, c.left HAVING count(*) > 9
ORDER BY o.right ASC, n LIMIT 30;

SELECT DISTINCT o.width, count(*) AS n3, sum(c.total * 49.20) AS amount
FROM garden AS c
  JOIN orders o ON c.id = o.left
  LEFT JOIN parts p ON p.id = o.part
WHERE o.speed LIKE '%tower%'
GROUP BY c.speed, c.count HAVING count(*) > 11
ORDER BY p.count ASC, n LIMIT 44;

SELECT DISTINCT p.count, count(*) AS n4, sum(c.width * 4.29) AS amount
FROM mill AS c
  JOIN orders o ON c.id = o.count
  LEFT JOIN parts p ON p.id = o.part
WHERE o.total BETWEEN 6 AND 627
GROUP BY o.left, o.speed HAVING count(*) > 15
ORDER BY o.rate ASC, n LIMIT 62;

SELECT DISTINCT c.rate, count(*) AS n4, sum(o.angle * 265) AS amount
FROM market AS c
  JOIN orders o ON c.id = o.speed
  LEFT JOIN parts p ON p.id = o.part
WHERE (c.rate <> 226 OR p.rate < 273) AND (o.level = 247 OR o.total = 'Jun')
GROUP BY p.depth, c.width HAVING count(*) > 5
ORDER BY p.left ASC, n LIMIT 83;

SELECT DISTINCT p.count, count(*) AS n3, sum(c.angle * 207) AS amount
FROM bridge AS c
  JOIN orders o ON c.id = o.speed
  LEFT JOIN parts p ON p.id = o.part
WHERE NOT p.rate IS NULL
GROUP BY c.width, o.rate HAVING count(*) > 10
ORDER BY p.angle DESC, n LIMIT 80;

SELECT o.right, count(*) AS n3, sum(p.level * 5) AS amount
FROM mill AS c
  JOIN orders o ON c.id = o.count
  LEFT JOIN parts p ON p.id = o.part
WHERE p.left LIKE '%garden%'
GROUP BY o.count, o.angle HAVING count(*) > 8
ORDER BY o.rate DESC, n LIMIT 11;

SELECT DISTINCT p.rate, count(*) AS n0, sum(p.angle * 'Derya') AS amount
FROM tower AS c
  JOIN orders o ON c.id = o.total
  LEFT JOIN parts p ON p.id = o.part
WHERE NOT o.speed IS NULL
GROUP BY p.depth, c.total HAVING count(*) > 15
ORDER BY p.level DESC, n LIMIT 59;

SELECT DISTINCT o.level, count(*) AS n0, sum(p.width * 34.11) AS amount
FROM station AS c
  JOIN orders o ON c.id = o.left
  LEFT JOIN parts p ON p.id = o.part
WHERE c.angle BETWEEN 8 AND 574
GROUP BY p.speed, p.count HAVING count(*) > 2
ORDER BY o.count ASC, n LIMIT 11;

SELECT o.total, count(*) AS n2, sum(c.total * 'Bilge') AS amount
FROM bridge AS c
  JOIN orders o ON c.id = o.width
  LEFT JOIN parts p ON p.id = o.part
WHERE NOT p.angle IS NULL AND NOT o.right IS NULL
GROUP BY c.speed, o.total HAVING count(*) > 17
ORDER BY p.rate DESC, n LIMIT 28;

SELECT DISTINCT c.right, count(*) AS n1, sum(p.speed * 10.48) AS amount
FROM bridge AS c
  JOIN orders o ON c.id = o.rate
  LEFT JOIN parts p ON p.id = o.part
WHERE NOT o.angle IS NULL
GROUP BY o.angle, p.total HAVING count(*) > 1
ORDER BY c.level DESC, n LIMIT 88;

INSERT INTO garden (left0, left1, right2, right3) VALUES
  (10.80, 'Fatma', 'Goran', 'Fatma'),
  (298, 442, 9.56, 100);

INSERT INTO harbour (total0, right1, left2, angle3) VALUES
  (26, 280, 25.35, 310),
  (291, 27.61, 332, 'Chen'),
  ('Håkon', 45.69, 28.37, 229),
  (400, 'Chen', 298, 48.81);

SELECT c.width, count(*) AS n5, sum(c.angle * 397) AS amount
FROM market AS c
  JOIN orders o ON c.id = o.right
  LEFT JOIN parts p ON p.id = o.part
WHERE o.count IN (425, 'Goran', 34.12, 463, 'Derya')
GROUP BY p.width, p.angle HAVING count(*) > 13
ORDER BY p.level DESC, n LIMIT 97;

SELECT p.angle, count(*) AS n2, sum(p.depth * 'Bilge') AS amount
FROM mill AS c
  JOIN orders o ON c.id = o.depth
  LEFT JOIN parts p ON p.id = o.part
WHERE p.width BETWEEN 1 AND 85
GROUP BY p.speed, c.angle HAVING count(*) > 18
ORDER BY p.angle ASC, n LIMIT 36;

SELECT DISTINCT c.width, count(*) AS n0, sum(o.angle * 221) AS amount
FROM school AS c
  JOIN orders o ON c.id = o.count
  LEFT JOIN parts p ON p.id = o.part
WHERE o.total <> 6.45 AND p.left <> 439
GROUP BY o.angle, p.right HAVING count(*) > 0
ORDER BY o.speed DESC, n LIMIT 50;

SELECT DISTINCT c.rate, count(*) AS n0, sum(p.rate * 6.31) AS amount
FROM market AS c
  JOIN orders o ON c.id = o.left
  LEFT JOIN parts p ON p.id = o.part
WHERE NOT c.right IS NULL
GROUP BY o.left, c.left HAVING count(*) > 15
ORDER BY o.right DESC, n LIMIT 65;

INSERT INTO mill (left0, right1, speed2, angle3) VALUES
  (12.30, 329, 336, 218),
  ('Bilge', 25.86, 'Ines', 41.88);

INSERT INTO tower (count0, right1, left2, angle3) VALUES
  (36.3, 279, 44.11, 'Chen'),
  ('Goran', 13.60, 430, 407),
  (321, 6.56, 19.79, 245),
  (46.3, 42.79, 223, 'Fatma');

SELECT DISTINCT c.count, count(*) AS n1, sum(p.width * 280) AS amount
FROM market AS c
  JOIN orders o ON c.id = o.depth
  LEFT JOIN parts p ON p.id = o.part
WHERE o.depth <> 38.10
GROUP BY o.depth, c.right HAVING count(*) > 2
ORDER BY p.speed DESC, n LIMIT 18;

SELECT o.angle, count(*) AS n5, sum(c.rate * 196) AS amount
FROM school AS c
  JOIN orders o ON c.id = o.right
  LEFT JOIN parts p ON p.id = o.part
WHERE c.angle IN (292, 'Derya', 119, 8.71)
GROUP BY p.width, p.width HAVING count(*) > 8
ORDER BY c.level ASC, n LIMIT 54;

INSERT INTO mill (total0, right1, right2, angle3) VALUES
  (307, 36.40, 'Bilge', 'Goran'),
  ('Bilge', 404, 120, 6.78);
