// Writes JSON records of the kinds that people ask language models for, one a line: the part of
// the training text of records-8k.ngram that teaches it JSON. Everything is made up here; equal
// seeds give equal files.
//
//   node make_records.mjs COUNT [SEED] >records.jsonl
const count = Number(process.argv[2] ?? 1000);
let state = BigInt(process.argv[3] ?? 1) * 0x9e3779b97f4a7c15n;

// splitmix64
function next() {
  state = (state + 0x9e3779b97f4a7c15n) & 0xffffffffffffffffn;
  let z = state;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & 0xffffffffffffffffn;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & 0xffffffffffffffffn;
  return Number((z ^ (z >> 31n)) >> 11n) / 2 ** 53;
}
const below = (n) => Math.floor(next() * n);
const pick = (list) => list[below(list.length)];
const chance = (p) => next() < p;
const between = (low, high) => low + below(high - low + 1);
const price = (low, high) => Math.round(100 * (low + next() * (high - low))) / 100;
const some = (list, least, most) => {
  const rest = [...list];
  const out = [];
  for (let i = between(least, most); i > 0 && rest.length > 0; --i) {
    out.push(rest.splice(below(rest.length), 1)[0]);
  }
  return out;
};

const given = ['Ada', 'Alan', 'Amina', 'Anna', 'Ben', 'Carla', 'Chen', 'Clara', 'Daniel', 'David',
  'Elena', 'Elif', 'Emma', 'Erik', 'Fatima', 'Grace', 'Hana', 'Hugo', 'Ines', 'Ivan', 'Jan',
  'John', 'Jonas', 'Julia', 'Kofi', 'Lara', 'Leo', 'Lina', 'Lucas', 'Luis', 'Maria', 'Marta',
  'Mehmet', 'Mia', 'Mira', 'Nadia', 'Noah', 'Nora', 'Olga', 'Omar', 'Paul', 'Peter', 'Priya',
  'Rosa', 'Sara', 'Simon', 'Sofia', 'Tom', 'Vera', 'Yusuf'];
const family = ['Adams', 'Baker', 'Becker', 'Brown', 'Carter', 'Costa', 'Demir', 'Evans', 'Fischer',
  'Garcia', 'Hansen', 'Hughes', 'Ito', 'Jensen', 'Kaya', 'Keller', 'Khan', 'Kim', 'Lopez', 'Martin',
  'Meyer', 'Miller', 'Moreau', 'Novak', 'Okafor', 'Olsen', 'Patel', 'Rossi', 'Santos', 'Sato',
  'Schmidt', 'Silva', 'Smith', 'Tanaka', 'Turner', 'Walker', 'Weber', 'Wilson', 'Wright', 'Young'];
const cities = [['Amsterdam', 'Netherlands'], ['Ankara', 'Turkey'], ['Athens', 'Greece'],
  ['Berlin', 'Germany'], ['Boston', 'United States'], ['Budapest', 'Hungary'], ['Chicago',
    'United States'], ['Copenhagen', 'Denmark'], ['Dublin', 'Ireland'], ['Hamburg', 'Germany'],
  ['Helsinki', 'Finland'], ['Istanbul', 'Turkey'], ['Kyoto', 'Japan'], ['Lisbon', 'Portugal'],
  ['London', 'United Kingdom'], ['Madrid', 'Spain'], ['Mumbai', 'India'], ['Oslo', 'Norway'],
  ['Paris', 'France'], ['Prague', 'Czech Republic'], ['Rome', 'Italy'], ['Seoul', 'South Korea'],
  ['Stockholm', 'Sweden'], ['Tokyo', 'Japan'], ['Toronto', 'Canada'], ['Vienna', 'Austria'],
  ['Warsaw', 'Poland'], ['Zurich', 'Switzerland']];
const streets = ['Main Street', 'Station Road', 'Church Lane', 'Park Avenue', 'High Street',
  'Mill Road', 'Garden Street', 'River Road', 'Market Square', 'Bridge Street', 'Oak Avenue'];
const things = ['chair', 'desk lamp', 'notebook', 'backpack', 'water bottle', 'keyboard', 'monitor',
  'headphones', 'coffee maker', 'kettle', 'bicycle', 'tent', 'camera', 'umbrella', 'raincoat',
  'running shoes', 'wool sweater', 'garden hose', 'drill', 'bookshelf', 'mirror', 'clock'];
const looks = ['black', 'white', 'red', 'blue', 'green', 'grey', 'light', 'small', 'large',
  'folding', 'wooden', 'steel', 'wireless', 'portable', 'quiet', 'compact'];
const categories = ['books', 'clothing', 'electronics', 'furniture', 'garden', 'home', 'kitchen',
  'music', 'office', 'outdoor', 'sports', 'tools', 'toys', 'travel'];
const jobs = ['accountant', 'architect', 'designer', 'doctor', 'driver', 'editor', 'engineer',
  'farmer', 'librarian', 'manager', 'mechanic', 'nurse', 'pilot', 'programmer', 'scientist',
  'student', 'teacher', 'translator', 'writer'];
const hobbies = ['chess', 'cooking', 'cycling', 'dancing', 'drawing', 'fishing', 'gardening',
  'hiking', 'music', 'painting', 'photography', 'reading', 'running', 'sailing', 'swimming',
  'tennis', 'travel', 'writing'];
const weather = ['sunny', 'cloudy', 'rain', 'light rain', 'heavy rain', 'snow', 'fog', 'wind',
  'thunderstorm', 'clear'];
const tags = ['new', 'sale', 'popular', 'limited', 'gift', 'summer', 'winter', 'eco', 'premium',
  'basic', 'urgent', 'draft', 'public', 'internal', 'beta'];
const opinions = ['It works very well and arrived on time.', 'The quality is better than I expected.',
  'I would buy it again.', 'The colour is not the same as in the picture.',
  'It is light, quiet and easy to clean.', 'The instructions were hard to read.',
  'My children use it every day.', 'It broke after two weeks, but I got a new one at once.',
  'Good value for the price.', 'A little smaller than I thought, but very useful.'];
const nouns = ['bridge', 'city', 'forest', 'garden', 'harbour', 'island', 'letter', 'light',
  'mountain', 'night', 'ocean', 'river', 'road', 'shadow', 'silence', 'summer', 'train', 'winter'];

const pad = (n) => String(n).padStart(2, '0');
const date = () => `${between(2019, 2026)}-${pad(between(1, 12))}-${pad(between(1, 28))}`;
const time = () => `${pad(below(24))}:${pad(below(60))}`;
const stamp = () => `${date()}T${time()}:${pad(below(60))}Z`;
const hex = (n) => Array.from({ length: n }, () => below(16).toString(16)).join('');
const uuid = () => `${hex(8)}-${hex(4)}-4${hex(3)}-${pick(['8', '9', 'a', 'b'])}${hex(3)}-${hex(12)}`;
const person = () => {
  const first = pick(given);
  const last = pick(family);
  return { first, last, email: `${first}.${last}@example.${pick(['com', 'org', 'net'])}`.toLowerCase() };
};
const address = () => {
  const [city, country] = pick(cities);
  return { street: `${between(1, 180)} ${pick(streets)}`, city,
    zip: String(between(10000, 99999)), country };
};
const name = () => `${pick(looks)} ${pick(things)}`;
const title = () => `The ${pick(nouns)} ${pick(['and the', 'of the', 'in the', 'behind the'])} ${pick(nouns)}`;

const kinds = {
  user() {
    const who = person();
    return { id: between(1, 99999), name: `${who.first} ${who.last}`, email: who.email,
      age: between(18, 90), active: chance(0.7), roles: some(['admin', 'editor', 'viewer', 'owner'], 1, 2),
      ...(chance(0.5) ? { address: address() } : {}) };
  },
  contact() {
    const who = person();
    return { firstName: who.first, lastName: who.last, phone: `+${between(1, 99)} ${between(100, 999)} ${between(1000000, 9999999)}`,
      email: who.email, birthday: date(), notes: chance(0.3) ? null : `Met in ${pick(cities)[0]}.` };
  },
  product() {
    return { sku: `${hex(4).toUpperCase()}-${between(100, 999)}`, name: name(), category: pick(categories),
      price: price(3, 900), currency: pick(['EUR', 'USD', 'GBP']), stock: between(0, 400),
      tags: some(tags, 0, 3), dimensions: { width: price(1, 120), height: price(1, 120), depth: price(1, 90) } };
  },
  order() {
    const items = Array.from({ length: between(1, 3) }, () => ({ product: name(), quantity: between(1, 5), price: price(3, 300) }));
    return { orderId: between(10000, 99999), customer: person().email, date: date(),
      status: pick(['pending', 'paid', 'shipped', 'delivered', 'cancelled']), items,
      total: Math.round(items.reduce((sum, item) => sum + item.quantity * item.price, 0) * 100) / 100,
      shippingAddress: address() };
  },
  weather() {
    return { location: { city: pick(cities)[0], latitude: price(-60, 70), longitude: price(-170, 170) },
      temperature: between(-15, 38), humidity: between(10, 100), wind: { speed: price(0, 30), direction: pick(['N', 'NE', 'E', 'SE', 'S', 'SW', 'W', 'NW']) },
      condition: pick(weather), observedAt: stamp() };
  },
  event() {
    const [city, country] = pick(cities);
    return { type: pick(['login', 'logout', 'purchase', 'view', 'error', 'message']), id: uuid(), timestamp: stamp(),
      user: between(1, 9999), source: pick(['web', 'mobile', 'api']), city, country, success: chance(0.9) };
  },
  book() {
    return { title: title(), author: `${pick(given)} ${pick(family)}`, year: between(1900, 2026), pages: between(80, 900),
      language: pick(['English', 'French', 'German', 'Japanese', 'Spanish', 'Turkish']), isbn: `978-${between(0, 9)}-${between(1000, 9999)}-${between(1000, 9999)}-${between(0, 9)}`,
      genres: some(['adventure', 'biography', 'history', 'mystery', 'poetry', 'romance', 'science', 'travel'], 1, 3), available: chance(0.6) };
  },
  person() {
    const who = person();
    return { name: `${who.first} ${who.last}`, age: between(1, 99), occupation: pick(jobs), hobbies: some(hobbies, 1, 4),
      married: chance(0.5), children: chance(0.4) ? [] : some(given, 1, 3), city: pick(cities)[0] };
  },
  train() {
    const [from, to] = some(cities, 2, 2);
    return { number: `${pick(['IC', 'RE', 'EC', 'NJ'])} ${between(100, 999)}`, from: from[0], to: to[0], departure: time(), arrival: time(),
      platform: between(1, 14), stops: some(cities, 0, 4).map((c) => c[0]), delay: chance(0.7) ? 0 : between(1, 45), cancelled: chance(0.05) };
  },
  review() {
    return { product: name(), rating: between(1, 5), title: pick(['Very good', 'Not bad', 'Great', 'Disappointing', 'As expected']),
      text: some(opinions, 1, 3).join(' '), author: pick(given), verified: chance(0.8), date: date() };
  },
  config() {
    return { version: `${between(0, 4)}.${between(0, 20)}.${between(0, 9)}`, debug: chance(0.2), port: pick([80, 443, 3000, 5432, 8000, 8080, 9000]),
      host: pick(['localhost', '0.0.0.0', 'db.example.com', 'api.example.org']), timeout: between(1, 120), retries: between(0, 5),
      features: { cache: chance(0.5), logging: chance(0.8), compression: chance(0.5) }, paths: some(['/var/log', '/etc/app', '/tmp', '/srv/data', '/usr/share'], 1, 3) };
  },
  task() {
    return { id: uuid(), title: `${pick(['Fix', 'Write', 'Review', 'Test', 'Plan', 'Update', 'Clean'])} the ${pick(nouns)} ${pick(['report', 'page', 'list', 'plan', 'table'])}`,
      priority: pick(['low', 'medium', 'high']), done: chance(0.4), due: date(), assignee: chance(0.2) ? null : pick(given), labels: some(tags, 0, 3) };
  },
  recipe() {
    return { name: `${pick(['Lentil', 'Tomato', 'Mushroom', 'Chicken', 'Lemon', 'Apple', 'Rice'])} ${pick(['soup', 'salad', 'cake', 'stew', 'pie', 'curry'])}`,
      servings: between(1, 8), minutes: between(5, 180), ingredients: some(['flour', 'sugar', 'butter', 'eggs', 'milk', 'salt', 'pepper', 'onion', 'garlic', 'olive oil', 'rice', 'lentils', 'tomatoes'], 3, 6)
        .map((item) => ({ item, amount: between(1, 500), unit: pick(['g', 'ml', 'pieces', 'spoons']) })), vegetarian: chance(0.6) };
  },
  call() {
    return pick([
      () => ({ name: 'get_weather', arguments: { city: pick(cities)[0], unit: pick(['celsius', 'fahrenheit']) } }),
      () => ({ name: 'search', arguments: { query: `${pick(looks)} ${pick(things)}`, limit: between(1, 20) } }),
      () => ({ name: 'book_train', arguments: { from: pick(cities)[0], to: pick(cities)[0], date: date(), seats: between(1, 4) } }),
      () => ({ name: 'send_email', arguments: { to: person().email, subject: title(), body: pick(opinions) } }),
    ])();
  },
};

const names = Object.keys(kinds);
for (let i = 0; i < count; ++i) {
  const record = kinds[pick(names)]();
  // Mostly compact with spaces, as models write it; some tight, some over several lines.
  const style = next();
  const tight = JSON.stringify(record);
  if (style < 0.2) {
    console.log(tight);
  } else if (style < 0.35) {
    console.log(JSON.stringify(record, null, 2));
  } else {
    // Spaces behind separators, outside of strings.
    console.log(tight.replace(/"(?:[^"\\]|\\.)*"|[,:]/g, (part) => (part.length > 1 ? part : `${part} `)));
  }
  console.log();
}
