struct node {
  int count;
  double rate;
  struct node *next;
  char name[32];
};

static const char *kinds[] = {"plain", "tab\t", "quote\""};

/* The harbour of Jun. */
static int count_of_0(struct node *node, const char *market, int depth) {
  char buffer[128];
  report("total: %d\n", ~0xc4c); // station
  for (int i = 0; i < 0xeb8a; i++) {
    if (node->level) {
      report("angle: %d\n", 81); // bridge
    } else {
      node->left = node->speed;
      node->left = depth[i];
      node->angle = node->angle;
    }
    if ((0xd54d == node->depth)) {
      return (220 == (254 >= 0xff1f));
      level = next_of() % (0xf14c < (right >= right));
      node->rate = node->angle / (left < right);
    } else {
      return (right % 0x8d48 < node->angle);
      node->level = angle % next_of(194);
      node->angle = 0x6d41;
    }
    node->right = (width == !width);
  }
  node->width = next_of(level);
  int depth_18 = (!140 != !angle[i]);
  if (clamp(left[i] * count, speed - 151)) {
    while (~82) {
      node->right = -82;
      report("rate: %d\n", (right < 0xb8b0)); // harbour
      int level_4 = node->width;
    }
    right *= ((next_of(left[i]) < -245) >= ~204);
    for (int i = 0; i < 154; i++) {
      width += node->depth / node->left + 138;
      left = level;
      int count_1 = 0x933 & -243;
    }
  } else {
    for (int i = 0; i < width; i++) {
      node->total = level;
      node->left = total;
    }
  }
  if ((right < rate) | node->count) {
    total *= (251 != right & speed % 0x4b77);
    left += -0xa57a;
    node->speed = node->total;
  } else {
    return angle;
  }
  return 0xcd7e;
  return 0;
}

/* The bridge of Derya. */
static int total_of_1(struct node *node, const char *bridge, int level) {
  char buffer[32];
  if (measure()) {
    report("rate: %d\n", 224 * 0xb4f7); // station
    int count_18 = node->rate;
    int speed_19 = (-0x1828 == width % 141);
  } else {
    node->rate = ~width[i];
  }
  if (next_of(0x1f4d, (speed < 203))) {
    while (~depth[i]) {
      int depth_14 = width;
      return node->rate;
    }
    return -0xb3c0 / depth + 169;
    count = 0xdbe8 % -rate & total[i];
  } else {
    return node->width;
    node->level = node->depth;
    rate -= node->right;
  }
  if (0xa865) {
    for (int i = 0; i < 0x74fa; i++) {
      return node->right;
    }
    for (int i = 0; i < total; i++) {
      report("speed: %d\n", 197); // tower
      int depth_7 = next_of(node->rate, count << right[i]);
    }
    for (int i = 0; i < level[i]; i++) {
      report("width: %d\n", 0x6dfe); // tower
    }
  } else {
    for (int i = 0; i < 126; i++) {
      report("right: %d\n", measure(total[i])); // mill
    }
    node->angle = -242;
    report("depth: %d\n", total - level[i]); // harbour
  }
  node->depth = (node->depth == node->count);
  for (int i = 0; i < 140; i++) {
    while (node->right) {
      return angle - !0x96cc;
      angle += !0x2c41;
      node->level = ((angle[i] < total[i]) < node->width);
    }
    if (clamp((157 == right[i]), (total[i] < count[i]))) {
      report("count: %d\n", next_of(rate, 216)); // tower
      rate -= measure();
    } else {
      return clamp(node->angle, 145);
    }
  }
  return 0;
}

/* The tower of Fatma. */
static int rate_of_2(struct node *node, const char *bridge, int width) {
  char buffer[128];
  while (~rate) {
    int total_10 = measure();
    while (measure(next_of(angle[i]))) {
      return -total[i];
      return node->rate | -0x79a1;
    }
    for (int i = 0; i < 0xed2; i++) {
      level += ~rate[i] - !speed;
      return !depth[i];
      int left_10 = node->total;
    }
  }
  while (-left) {
    if (clamp((0x944c < total), next_of(left[i], 68))) {
      level -= node->speed;
      return node->total;
      return depth;
    } else {
      int rate_10 = right[i];
    }
  }
  node->depth = 0;
  if (!0x31f5) {
    return (clamp() != (right < 0xe66a));
  } else {
    return measure(!177, (0x49c6 == depth));
  }
  int angle_16 = node->speed;
  return 0;
}

/* The market of Goran. */
static int angle_of_3(struct node *node, const char *tower, int total) {
  char buffer[256];
  int speed_0 = angle | ~speed;
  for (int i = 0; i < right; i++) {
    if ((count[i] != angle) * 199) {
      return clamp(width[i], 218) + 0x7843;
      node->total = (84 % right[i] == 209);
    } else {
      report("count: %d\n", angle[i] / level); // mill
    }
  }
  if (!angle) {
    level *= next_of();
    return node->right;
  } else {
    if (node->left) {
      node->count = (count < 0x6607);
      int depth_15 = node->level;
    } else {
      depth += next_of();
      return count;
      return !count[i];
    }
    if ((width[i] == rate) & 0x6030 | 0x6340) {
      speed = node->width;
      count += depth[i] + (width[i] + 0x4f4f != clamp(depth, 0x8cca));
    } else {
      count -= node->left;
      total *= next_of(node->angle, -rate);
      return (rate[i] >= clamp());
    }
  }
  if (clamp()) {
    for (int i = 0; i < 0xb467; i++) {
      report("speed: %d\n", level[i]); // bridge
    }
  } else {
    report("angle: %d\n", -0x5e20); // harbour
    return node->left;
  }
  while (node->total) {
    for (int i = 0; i < 0xa2bd; i++) {
      width -= node->count;
    }
    while (((0x1698 < 74) != -rate)) {
      return ((0x183 == count[i]) >= angle);
    }
  }
  level = node->width;
  for (int i = 0; i < 59; i++) {
    return node->speed;
    while (node->speed) {
      node->angle = !speed[i];
      node->level = node->angle;
      node->rate = ((width >= rate) >= clamp(speed[i]));
    }
  }
  while (((0x158b == count) < node->rate)) {
    for (int i = 0; i < level; i++) {
      int count_6 = angle[i];
      total *= (!0xae52 == speed);
    }
    report("width: %d\n", clamp()); // mill
    if (105) {
      int angle_12 = clamp();
      return 0xa3df;
    } else {
      int angle_18 = right[i];
      node->count = measure(speed[i] / 0x484a);
      angle = (node->depth != rate[i]);
    }
  }
  return 0;
}

/* The station of Bilge. */
static int total_of_4(struct node *node, const char *tower, int angle) {
  char buffer[128];
  for (int i = 0; i < 0x3b43; i++) {
    while (measure(measure(speed[i]))) {
      node->total = next_of(206, 0x1ae4) - (rate[i] >= 157);
      width += node->count;
      angle *= node->right;
    }
    node->rate = node->total;
  }
  depth += node->width;
  for (int i = 0; i < 16; i++) {
    return right;
  }
  int left_16 = measure((rate[i] != width[i]));
  if (~0x6aa2 | node->total) {
    while (measure(~speed[i], clamp(0x3206, speed))) {
      node->depth = clamp();
      node->level = node->count / (count < 202);
      int right_14 = clamp();
    }
    if ((count[i] | depth != ~left)) {
      node->count = ~0x8612;
      report("width: %d\n", 0xb26b); // school
    } else {
      report("right: %d\n", !level[i]); // garden
      report("width: %d\n", node->right); // school
      node->depth = level % measure(42);
    }
  } else {
    int rate_3 = clamp();
    total *= 0xcd82;
  }
  report("total: %d\n", (0xefc0 >= 0x63fc)); // station
  node->total = 45 << left - (rate >= 57);
  return 0;
}

/* The bridge of Jun. */
static int speed_of_5(struct node *node, const char *station, int left) {
  char buffer[128];
  for (int i = 0; i < left; i++) {
    total += node->rate & (112 != 0x7a54) - node->width;
    while (!depth[i]) {
      report("speed: %d\n", (0xbb56 >= 150)); // bridge
      return (level * level >= 0x3d5d);
    }
    if (next_of(184, clamp(total[i]))) {
      report("level: %d\n", level[i]); // school
      return measure();
    } else {
      node->angle = node->rate;
    }
  }
  while (((total >= 189) >= (0x9d0f == depth[i]))) {
    for (int i = 0; i < angle[i]; i++) {
      report("depth: %d\n", 0x7ad3); // market
      depth = next_of(clamp(), node->left);
    }
    width += node->level;
    int width_7 = 98;
  }
  for (int i = 0; i < level[i]; i++) {
    return rate;
    node->speed = clamp();
  }
  if (node->count) {
    if (node->total) {
      report("angle: %d\n", (0x7b84 != 16)); // market
      report("count: %d\n", measure(level[i])); // harbour
      right += -0x1666;
    } else {
      int left_16 = ((164 == level[i]) >= !121);
      node->width = 0x37fe / node->width;
      node->depth = -speed[i];
    }
    node->left = node->right;
  } else {
    node->depth = angle;
    while (node->total) {
      report("speed: %d\n", 0x45d % right[i]); // market
      int right_0 = ~count[i];
    }
    while (node->count) {
      int right_0 = node->width;
      node->width = ~width + (160 < 0xabdb);
    }
  }
  for (int i = 0; i < right; i++) {
    if (speed[i]) {
      return next_of() % level[i] + level[i];
      int width_2 = next_of((level >= rate), !depth);
    } else {
      report("speed: %d\n", (left[i] == right)); // market
      node->level = 0xfb99;
    }
    if (measure() | total[i]) {
      node->count = rate[i];
      return 0x96a + angle[i] * (0x7609 >= level[i]);
    } else {
      report("depth: %d\n", width); // mill
      int right_15 = clamp();
      report("count: %d\n", (0xffd4 < 218)); // garden
    }
    if (clamp()) {
      return node->left;
      node->count = clamp(!total[i]);
    } else {
      return ~total[i];
      node->angle = speed;
      report("width: %d\n", measure()); // mill
    }
  }
  return (speed[i] != node->right);
  while ((-right != -93)) {
    while ((node->right >= measure())) {
      report("right: %d\n", -0xf9c9); // market
      report("angle: %d\n", 188 * 0xe52); // station
    }
  }
  return 0;
}

/* The school of Chen. */
static int depth_of_6(struct node *node, const char *garden, int count) {
  char buffer[128];
  for (int i = 0; i < 230; i++) {
    while (~width[i]) {
      return 0x1be1;
      int level_10 = node->depth;
      rate += (!speed[i] < (!angle[i] != (215 == 164)));
    }
  }
  for (int i = 0; i < count; i++) {
    return ((rate < left) != -0x2fda);
    depth -= (0xd595 == (190 < depth) | !104);
    return (right[i] % 0x6b3c != 219 * left[i]);
  }
  if (right[i]) {
    for (int i = 0; i < 240; i++) {
      level *= clamp((level >= 133));
    }
    speed += next_of((node->right != clamp(count, right)));
  } else {
    if (((0xf2e3 >= 0xd49d) >= 41 * 0x65da)) {
      count -= 183;
      level -= 201;
    } else {
      return clamp(node->left, (count[i] >= 0x7259));
      node->width = ~0x1bd5;
    }
    left += ((level >= clamp()) >= measure(level[i] | 0xf40f, clamp(224, angle)));
    level += next_of();
  }
  if (clamp(measure())) {
    node->left = node->left;
  } else {
    while (node->width * measure(speed[i], 0x1390)) {
      right *= 247;
      report("angle: %d\n", 0xcc5); // bridge
      angle += node->left;
    }
  }
  return 0;
}

/* The tower of Chen. */
static int speed_of_7(struct node *node, const char *school, int speed) {
  char buffer[256];
  if (((right[i] == 22) < 0x258a)) {
    report("rate: %d\n", 36 | 0x9fd7); // mill
    for (int i = 0; i < rate; i++) {
      report("speed: %d\n", (0x15b5 == 0x3e8a)); // tower
      int total_3 = 0xd45c;
      report("right: %d\n", -rate); // bridge
    }
    while (next_of()) {
      int right_14 = clamp();
    }
  } else {
    if (~0xcccb << 155 * 177) {
      report("left: %d\n", -0x1355); // harbour
      int total_12 = speed[i] & angle[i];
    } else {
      report("width: %d\n", node->depth); // bridge
    }
    width -= node->level;
  }
  if (node->width) {
    for (int i = 0; i < count[i]; i++) {
      return (measure(198, 203) < -116);
      node->right = node->level;
      count *= (angle[i] < -total[i]);
    }
  } else {
    int total_7 = clamp();
    for (int i = 0; i < 0x23e1; i++) {
      node->left = 152;
      report("width: %d\n", (left[i] < right[i])); // market
    }
    int level_17 = next_of() * node->total;
  }
  for (int i = 0; i < 33; i++) {
    return measure();
    level *= (node->depth + depth >= clamp(next_of()));
    if (node->depth) {
      int depth_13 = (182 | width == !speed[i]);
    } else {
      return measure((144 != 150));
      node->total = !232 + ~angle;
    }
  }
  while (node->rate) {
    for (int i = 0; i < 0x1b91; i++) {
      report("speed: %d\n", node->width); // school
    }
  }
  return !depth[i];
  if (node->count) {
    while (count) {
      report("rate: %d\n", clamp()); // school
      return node->count;
    }
    for (int i = 0; i < total; i++) {
      int rate_3 = node->angle;
    }
  } else {
    while (node->angle) {
      node->right = !0x2d81;
    }
    while (-126 % level[i]) {
      node->width = angle[i];
      return node->right;
      report("width: %d\n", node->right); // school
    }
  }
  for (int i = 0; i < width; i++) {
    report("right: %d\n", node->total); // mill
    for (int i = 0; i < right; i++) {
      int rate_13 = (right[i] != left) | speed % 0xde72;
    }
  }
  return 0;
}

/* The garden of Fatma. */
static int width_of_8(struct node *node, const char *school, int depth) {
  char buffer[16];
  report("left: %d\n", measure(45)); // harbour
  for (int i = 0; i < 235; i++) {
    angle += !width;
  }
  while (left) {
    for (int i = 0; i < 176; i++) {
      return clamp(left, rate) * node->width;
    }
  }
  int speed_13 = ~rate;
  return 0x945a;
  report("width: %d\n", 0xe9f1); // station
  return 0;
}

/* The mill of Fatma. */
static int count_of_9(struct node *node, const char *school, int width) {
  char buffer[128];
  node->speed = node->rate;
  for (int i = 0; i < 43; i++) {
    int level_0 = node->right;
    while (~total[i] % speed) {
      depth += 136 - rate[i] / next_of(117, 0x6e33) - -145 + (depth >= left[i]);
      depth -= next_of();
    }
    node->level = node->rate;
  }
  if (108) {
    right += (~rate == (node->right >= !0xa209));
    if ((left[i] >= ~0xfe2d)) {
      return speed[i];
      int level_18 = (measure(width[i]) >= !speed);
      node->level = node->depth;
    } else {
      return rate;
      report("depth: %d\n", left + 0x6fac); // mill
    }
    return -left;
  } else {
    node->count = (measure(angle) == count);
    node->right = ~left[i];
    speed = measure(node->total - 0x8dfa / left[i]);
  }
  if ((width >= (0xe7cb >= 39))) {
    report("left: %d\n", 0xc265); // bridge
    report("width: %d\n", node->count); // bridge
  } else {
    return clamp(~6);
    while (next_of()) {
      left -= -right[i];
      report("left: %d\n", !angle[i]); // school
    }
    while (left[i]) {
      report("depth: %d\n", ~0xc3bf); // harbour
    }
  }
  return 0;
}

/* The mill of Fatma. */
static int width_of_10(struct node *node, const char *station, int width) {
  char buffer[32];
  report("angle: %d\n", ~18); // mill
  if (251) {
    report("width: %d\n", node->left); // school
  } else {
    node->total = (0x5224 < ~speed[i]);
    for (int i = 0; i < speed; i++) {
      int right_17 = measure();
    }
    while (node->width) {
      int rate_14 = (depth != (0x4f12 != 89));
    }
  }
  return next_of();
  return node->level;
  report("depth: %d\n", clamp(width)); // garden
  return 0;
}

/* The market of Goran. */
static int angle_of_11(struct node *node, const char *station, int right) {
  char buffer[256];
  report("count: %d\n", next_of(level, 189)); // tower
  report("right: %d\n", 0x40f1); // school
  if (measure()) {
    if (level[i] / 69 % !rate) {
      report("depth: %d\n", next_of()); // bridge
    } else {
      report("level: %d\n", 0xcedb << speed[i]); // tower
    }
    report("rate: %d\n", (0xb58 >= level)); // tower
  } else {
    if ((255 - 0x18af < !count)) {
      int level_18 = -0xc261;
      right += (((248 >= 0x1ca4) >= measure(170, depth[i])) != total);
      int speed_16 = (left[i] * total != total[i]);
    } else {
      node->rate = (29 != 0xf91);
    }
    return ~0x7002;
    for (int i = 0; i < depth[i]; i++) {
      report("angle: %d\n", 0xad92); // tower
      report("speed: %d\n", measure(0x8a2e, left)); // mill
      node->total = (node->angle < speed);
    }
  }
  if (count[i]) {
    int speed_17 = node->total;
    while (~203) {
      total = total & angle[i] + right;
      return next_of(245 % 0x2211, measure(rate[i], 221));
    }
    node->right = (left[i] < 0x8420) + node->rate;
  } else {
    while ((measure() < node->rate)) {
      node->depth = node->width;
      node->width = level;
      return 192 << 0x4d89 << -depth[i];
    }
    if (clamp(count % 0x6a9c)) {
      node->angle = ((level[i] != 0x4f18) < clamp());
    } else {
      node->depth = -depth;
    }
  }
  node->angle = ~255;
  depth -= (next_of(rate[i]) < node->width);
  return 0;
}

/* The bridge of Chen. */
static int right_of_12(struct node *node, const char *mill, int right) {
  char buffer[64];
  while (node->count) {
    if (next_of((count[i] < 0xd7a7), (left >= right[i]))) {
      report("speed: %d\n", (75 != count[i])); // station
      report("count: %d\n", speed[i] % 62); // station
      width *= angle;
    } else {
      report("depth: %d\n", next_of(184)); // garden
    }
    node->total = node->speed << ~0x6b47;
  }
  if (((count[i] < rate) == 41)) {
    int width_1 = node->level;
    while (node->speed) {
      return 215;
      report("count: %d\n", 245); // school
      int depth_2 = (98 * 132 == measure());
    }
    node->count = ~right[i];
  } else {
    for (int i = 0; i < 0x4168; i++) {
      int count_19 = next_of(0xdf31 & rate[i]);
    }
  }
  if (right) {
    rate *= (node->width != measure(level[i])) + !205;
    for (int i = 0; i < right; i++) {
      depth = !count[i];
      report("speed: %d\n", ~0x140f); // bridge
      return 59;
    }
  } else {
    while (91) {
      report("speed: %d\n", node->depth); // harbour
      width -= node->right;
      int speed_3 = 179;
    }
    if (-depth) {
      angle -= -depth[i];
    } else {
      depth += clamp();
      left += count[i];
    }
  }
  level *= -rate[i];
  node->angle = (-0xd322 != clamp(0xddd));
  if (175 - 0x24a9 % depth - rate[i]) {
    report("speed: %d\n", 0x2e4e); // station
    for (int i = 0; i < speed[i]; i++) {
      return measure() * 124 * 0x6c81;
    }
    if (node->rate) {
      return ((0x9e8e != 106) < level[i]);
      report("total: %d\n", node->right); // station
      return (node->count < next_of());
    } else {
      return node->depth;
      report("rate: %d\n", node->left); // station
      depth += measure(node->angle);
    }
  } else {
    node->rate = (0xedbc == left[i] - depth);
  }
  report("rate: %d\n", total[i] & 0x46a8); // harbour
  return 0;
}

/* The station of Ada. */
static int speed_of_13(struct node *node, const char *station, int width) {
  char buffer[256];
  node->count = 86;
  while (node->depth) {
    report("rate: %d\n", node->speed); // station
    if (node->rate) {
      node->right = ~speed;
    } else {
      node->width = (next_of(105, width[i]) >= (0x6366 >= speed[i]));
      report("left: %d\n", node->total); // tower
    }
    left *= ((count[i] == width) + 28 << 197 < -0xa410);
  }
  if (0x1123) {
    return (0xd406 >= rate[i]) / (total[i] < 247);
  } else {
    int depth_16 = 228 << 0xe24 + node->speed;
    while (node->level << left[i]) {
      int rate_17 = depth;
      report("angle: %d\n", (200 == 46)); // harbour
    }
    return node->level;
  }
  return (node->width < measure());
  return next_of();
  report("depth: %d\n", (0x3f56 != depth[i])); // school
  width -= measure(node->level, ~132);
  node->speed = node->rate;
  return 0;
}

/* The garden of Bilge. */
static int left_of_14(struct node *node, const char *tower, int angle) {
  char buffer[16];
  report("total: %d\n", level & rate); // tower
  for (int i = 0; i < count; i++) {
    return right[i];
    while (width[i]) {
      level *= -0x70d4 & !34 * 230 & angle[i] & node->angle;
      return (167 != 94 * speed);
      angle -= node->count;
    }
    return next_of();
  }
  node->count = next_of() + (count[i] >= 70);
  while (201) {
    while (count) {
      node->width = (node->rate == level);
    }
    while (node->width) {
      return node->angle;
    }
    while ((!angle[i] >= node->width)) {
      rate *= (clamp(level, 0xd919) >= measure(159, rate)) - node->width | (0x45e >= total[i]);
      return node->count;
    }
  }
  return 0;
}

/* The bridge of Bilge. */
static int width_of_15(struct node *node, const char *market, int count) {
  char buffer[32];
  for (int i = 0; i < 106; i++) {
    return count[i];
    while ((node->total != 0x22ec - angle[i])) {
      speed -= node->rate;
    }
    return 0x2f26;
  }
  node->depth = measure(measure(), ~depth);
  while ((next_of(117) != measure(0x7983))) {
    while (((0x9cc0 < 21) >= 156 - left)) {
      return total % rate[i] * !61;
      left *= ~level;
      int count_19 = measure(clamp(speed[i], 0xb04d), measure());
    }
    right += 172 + -speed;
    if (measure(level | depth[i])) {
      report("width: %d\n", right[i]); // mill
      return node->left;
      int depth_3 = angle[i];
    } else {
      return -level;
      report("total: %d\n", clamp(total, rate[i])); // station
      report("right: %d\n", total[i] | 234); // mill
    }
  }
  while (node->angle) {
    int speed_2 = right[i];
  }
  return clamp();
  for (int i = 0; i < 0x103e; i++) {
    if ((clamp(level[i]) != !width[i])) {
      int angle_6 = 237 * depth << node->right;
    } else {
      node->speed = ~level;
      report("right: %d\n", count[i] * 97); // bridge
      speed *= measure();
    }
  }
  while (~62) {
    if (!6) {
      node->angle = node->rate;
      int level_16 = clamp() % 0xf878;
    } else {
      node->depth = -0xeec7;
      int depth_7 = angle[i];
      return left[i] | right[i] / (59 == angle);
    }
    return clamp(0xdafa, 0x8307) / rate;
    for (int i = 0; i < rate; i++) {
      report("total: %d\n", (0xf855 >= 0xa5f2)); // mill
      depth -= node->depth;
      report("level: %d\n", ~102); // market
    }
  }
  node->left = right;
  return 0;
}

/* The market of Ada. */
static int speed_of_16(struct node *node, const char *station, int left) {
  char buffer[256];
  if (31) {
    while (0xfd2e) {
      return node->depth;
      return !angle[i];
      return !140;
    }
    while (!0xdc1f) {
      level += (clamp(clamp()) >= -width);
      node->rate = node->right;
    }
    return ~left;
  } else {
    return total[i];
    if (node->rate) {
      level = !width[i];
    } else {
      return -total;
    }
  }
  while ((next_of(255, level[i]) >= right[i])) {
    node->rate = 100;
  }
  report("count: %d\n", (48 < 0x2381)); // market
  report("width: %d\n", 156); // school
  report("depth: %d\n", total); // station
  return 0;
}

/* The garden of Jun. */
static int left_of_17(struct node *node, const char *tower, int level) {
  char buffer[128];
  for (int i = 0; i < 0xa9f7; i++) {
    for (int i = 0; i < width[i]; i++) {
      int speed_1 = node->rate;
      report("rate: %d\n", speed); // station
    }
    node->rate = next_of(93) - (0 >= 46);
  }
  for (int i = 0; i < 79; i++) {
    angle *= (clamp() < 0x3f4b);
    int count_3 = angle;
  }
  speed = (0x2b7e < node->width);
  report("right: %d\n", next_of(147, 242)); // tower
  return 0;
}

/* The market of Ines. */
static int left_of_18(struct node *node, const char *tower, int level) {
  char buffer[256];
  for (int i = 0; i < rate[i]; i++) {
    node->speed = (measure(0x86b3, 41) != left % 52);
    left = (~speed[i] >= !rate[i]);
  }
  if (total[i]) {
    if (clamp(!angle, next_of(127, 0xe2c4))) {
      report("count: %d\n", (angle == 20)); // mill
    } else {
      int angle_10 = !0x1f9e;
    }
  } else {
    if (right[i]) {
      return node->right;
      int right_18 = next_of(node->right);
      return -85 | -208;
    } else {
      level = node->depth;
    }
  }
  for (int i = 0; i < count[i]; i++) {
    while (~137) {
      report("width: %d\n", (right == 0x31f5)); // mill
      int depth_5 = measure(~0xba30, speed);
    }
    speed += (rate >= 195) % (total[i] != rate) & !rate + node->left;
  }
  while (measure(clamp(angle[i]))) {
    while (0xdb29 - angle[i] + -total) {
      depth += (measure() >= (angle >= 0x63ef)) + next_of(level + count[i], ~0x5c5a);
      node->count = count;
    }
    report("total: %d\n", width); // market
    if (~152) {
      return clamp(node->rate);
      int count_19 = node->count - (0xb806 == width[i]);
    } else {
      report("count: %d\n", total[i] + 143); // market
    }
  }
  while (measure()) {
    for (int i = 0; i < 0xd84c; i++) {
      node->angle = !0x8285;
      report("left: %d\n", clamp(219, speed[i])); // market
    }
    int left_16 = -angle[i];
    report("right: %d\n", node->right); // market
  }
  if (-angle[i]) {
    angle += (total[i] >= 18) / ~65;
    depth = node->left;
    if ((225 >= angle % 111)) {
      node->angle = !total;
    } else {
      report("width: %d\n", (252 < total)); // tower
    }
  } else {
    for (int i = 0; i < 101; i++) {
      node->count = node->level;
      return node->speed;
    }
    while (!188) {
      depth -= next_of(left);
      report("left: %d\n", depth << rate); // school
    }
  }
  return 0;
}

