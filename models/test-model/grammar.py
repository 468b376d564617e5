"""Phrases of a Hong Kong estate agency in Cantonese (yue), Mandarin (zh) and English (en), drawn by seed.

make(language, random) gives one sentence: a template of phrases.toml with its slots filled. Numbers are spelled out, so
that the text is what is spoken. Estates and districts are real names; everything else is invented.
"""

import os, re, tomllib

# (traditional, simplified, english)
ESTATES = [
    ("太古城", "太古城", "Taikoo Shing"),
    ("沙田第一城", "沙田第一城", "City One Shatin"),
    ("黃埔花園", "黄埔花园", "Whampoa Garden"),
    ("日出康城", "日出康城", "Lohas Park"),
    ("嘉湖山莊", "嘉湖山庄", "Kingswood Villas"),
    ("美孚新邨", "美孚新村", "Mei Foo"),
    ("康怡花園", "康怡花园", "Kornhill"),
    ("杏花邨", "杏花村", "Heng Fa Chuen"),
    ("海怡半島", "海怡半岛", "South Horizons"),
    ("麗港城", "丽港城", "Laguna City"),
    ("新都城", "新都城", "Metro City"),
    ("將軍澳中心", "将军澳中心", "Park Central"),
    ("映灣園", "映湾园", "Caribbean Coast"),
    ("愉景灣", "愉景湾", "Discovery Bay"),
    ("淘大花園", "淘大花园", "Amoy Gardens"),
    ("荃灣中心", "荃湾中心", "Tsuen Wan Centre"),
    ("盈翠半島", "盈翠半岛", "Tierra Verde"),
    ("貝沙灣", "贝沙湾", "Residence Bel Air"),
    ("名城", "名城", "Festival City"),
    ("御龍山", "御龙山", "The Palazzo"),
    ("屯門市廣場", "屯门市广场", "Tuen Mun Town Plaza"),
    ("新港城", "新港城", "Sunshine City"),
]
DISTRICTS = [
    ("沙田", "沙田", "Sha Tin"),
    ("大埔", "大埔", "Tai Po"),
    ("屯門", "屯门", "Tuen Mun"),
    ("元朗", "元朗", "Yuen Long"),
    ("荃灣", "荃湾", "Tsuen Wan"),
    ("將軍澳", "将军澳", "Tseung Kwan O"),
    ("觀塘", "观塘", "Kwun Tong"),
    ("旺角", "旺角", "Mong Kok"),
    ("尖沙咀", "尖沙咀", "Tsim Sha Tsui"),
    ("銅鑼灣", "铜锣湾", "Causeway Bay"),
    ("灣仔", "湾仔", "Wan Chai"),
    ("中環", "中环", "Central"),
    ("北角", "北角", "North Point"),
    ("西環", "西环", "Sai Wan"),
    ("九龍塘", "九龙塘", "Kowloon Tong"),
    ("紅磡", "红磡", "Hung Hom"),
    ("啟德", "启德", "Kai Tak"),
    ("東涌", "东涌", "Tung Chung"),
    ("馬鞍山", "马鞍山", "Ma On Shan"),
    ("青衣", "青衣", "Tsing Yi"),
]
D = "零一二三四五六七八九"
EN1 = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
EN10 = "x x twenty thirty forty fifty sixty seventy eighty ninety".split()


def en_num(n):
    if n < 20:
        return EN1[n]
    if n < 100:
        return EN10[n // 10] + ("" if n % 10 == 0 else "-" + EN1[n % 10])
    if n < 1000:
        return EN1[n // 100] + " hundred" + ("" if n % 100 == 0 else " and " + en_num(n % 100))
    if n < 1000000:
        return (
            en_num(n // 1000)
            + " thousand"
            + ("" if n % 1000 == 0 else (" " if n % 1000 >= 100 else " and ") + en_num(n % 1000))
        )
    return en_num(n // 1000000) + " million" + ("" if n % 1000000 == 0 else " " + en_num(n % 1000000))


def zh_num(n, liang=False):
    if n < 10:
        return D[n]
    if n < 20:
        return "十" + ("" if n == 10 else D[n - 10])
    if n < 100:
        return D[n // 10] + "十" + ("" if n % 10 == 0 else D[n % 10])
    if n < 1000:
        r = n % 100
        h = ("两" if (n // 100 == 2 and liang) else D[n // 100]) + "百"
        if r == 0:
            return h
        if r < 10:
            return h + "零" + D[r]
        return h + (zh_num(r) if r >= 20 else "一" + zh_num(r))
    if n < 10000:
        r = n % 1000
        h = ("两" if (n // 1000 == 2 and liang) else D[n // 1000]) + "千"
        if r == 0:
            return h
        if r < 100:
            return h + "零" + zh_num(r)
        return h + zh_num(r, liang)
    return zh_num(n // 10000, liang) + "萬" + ("" if n % 10000 == 0 else zh_num(n % 10000, liang))


def budget(lang, r):
    k = r.choice([1, 1, 1, 2, 3])
    if lang == "en":
        m = r.randint(3, 35)
        if k == 1:
            return en_num(m) + " million"
        if k == 2:
            return en_num(m) + " point " + EN1[r.randint(1, 9)] + " million"
        return en_num(m) + " and a half million"
    n = r.choice([r.randint(30, 99) * 10, r.randint(10, 35) * 100, r.randint(10, 29) * 50, r.randint(100, 2999)])
    s = zh_num(n, lang == "zh") + "萬"
    return s


def rent(lang, r):
    t = r.randint(9, 68)
    if lang == "en":
        return r.choice([en_num(t) + " thousand", en_num(t) + " thousand " + en_num(r.choice([5]) * 100)])
    k = r.randint(0, 2)
    a, b = r.randint(1, 6), r.randint(1, 9)
    if lang == "yue":
        A = "兩" if a == 2 else D[a]
        B = D[b] if b != 2 else "二"
        return [A + "萬蚊", A + "萬" + B, D[r.randint(8, 9)] + "千" + r.choice(["五", "八", "蚊"])][k]
    A = "两" if a == 2 else D[a]
    return [A + "万块", A + "万" + D[b] + "千", D[r.randint(8, 9)] + "千" + r.choice(["五百", "八百"])][k]


def area(lang, r):
    n = r.choice([r.randint(20, 150) * 10, r.randint(200, 1600)])
    if lang == "en":
        return en_num(n)
    return zh_num(n, lang == "zh")


def rooms(lang, r):
    i = r.randint(0, 4)
    return {
        "yue": ["開放式", "一房", "兩房", "三房", "四房"],
        "zh": ["开放式", "一房", "两房", "三房", "四房"],
        "en": ["studio", "one-bedroom", "two-bedroom", "three-bedroom", "four-bedroom"],
    }[lang][i]


def view(lang, r):
    i = r.randint(0, 5)
    return {
        "yue": ["海景", "山景", "園景", "樓景", "河景", "全海景"],
        "zh": ["海景", "山景", "园景", "楼景", "河景", "全海景"],
        "en": ["sea view", "mountain view", "garden view", "city view", "river view", "full sea view"],
    }[lang][i]


def floor_(lang, r):
    if r.random() < 0.5:
        i = r.randint(0, 2)
        return {
            "yue": ["高層", "中層", "低層"],
            "zh": ["高层", "中层", "低层"],
            "en": ["a high floor", "a middle floor", "a low floor"],
        }[lang][i]
    n = r.randint(2, 58)
    return {"yue": zh_num(n) + "樓", "zh": zh_num(n) + "楼", "en": "the " + en_ord(n) + " floor"}[lang]


def en_ord(n):
    o = "x first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth".split()
    if n < 20:
        return o[n]
    if n % 10 == 0:
        return EN10[n // 10][:-1] + "ieth"
    return EN10[n // 10] + "-" + o[n % 10]


def day(lang, r):
    w = r.randint(0, 6)
    k = r.randint(0, 4)
    if lang == "yue":
        return (["聽日", "後日", "今日", "下星期" + "一二三四五六日"[w], "星期" + "一二三四五六日"[w]])[k]
    if lang == "zh":
        return (["明天", "后天", "今天", "下星期" + "一二三四五六日"[w], "星期" + "一二三四五六天"[w]])[k]
    d = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"][w]
    return (["tomorrow", "the day after tomorrow", "today", "next " + d, "on " + d])[k]


def time_(lang, r):
    h = r.randint(1, 12)
    k = r.randint(0, 2)
    if lang == "yue":
        H = "兩" if h == 2 else zh_num(h)
        p = r.choice(["上晝", "下晝", "夜晚"])
        return p + H + ["點", "點半", "點三個字"][k]
    if lang == "zh":
        H = "两" if h == 2 else zh_num(h)
        p = r.choice(["上午", "下午", "晚上"])
        return p + H + ["点", "点半", "点一刻"][k]
    return ["%s o'clock" % EN1[h], "half past %s" % EN1[h], "%s thirty" % EN1[h]][k] + r.choice(
        [" in the morning", " in the afternoon", ""]
    )


def month(lang, r):
    m = r.randint(1, 12)
    if lang == "en":
        return "January February March April May June July August September October November December".split()[m - 1]
    return zh_num(m) + "月"


def date(lang, r):
    d = r.randint(1, 31)
    if lang == "yue":
        return month(lang, r) + zh_num(d) + "號"
    if lang == "zh":
        return month(lang, r) + zh_num(d) + "号"
    return "the " + en_ord(d) + " of " + month(lang, r)


def surname(lang, r):
    L = [
        ("陳", "陈", "Chan"),
        ("李", "李", "Lee"),
        ("黃", "黄", "Wong"),
        ("張", "张", "Cheung"),
        ("林", "林", "Lam"),
        ("何", "何", "Ho"),
        ("吳", "吴", "Ng"),
        ("周", "周", "Chow"),
        ("劉", "刘", "Lau"),
        ("梁", "梁", "Leung"),
    ]
    s = r.choice(L)
    t = r.choice([("先生", "先生", "Mister "), ("小姐", "小姐", "Miss "), ("太太", "太太", "Missus ")])
    return {"yue": s[0] + t[0], "zh": s[1] + t[1], "en": t[2] + s[2]}[lang]


def digits(lang, r):
    n = 8
    ds = [r.randint(2, 9)] + [r.randint(0, 9) for _ in range(n - 1)]
    if lang == "en":
        return " ".join(EN1[d] for d in ds)
    return "".join(D[d] for d in ds)


def pct(lang, r):
    n = r.choice([1, 2, 3, 5, 10, 15, 20, 30, 40, 50, 60, 70, 80, 90])
    return en_num(n) + " percent" if lang == "en" else "百分之" + zh_num(n)


def n_small(lang, r):
    n = r.randint(1, 9)
    if lang == "en":
        return EN1[max(2, n)]
    return ("兩" if lang == "yue" else "两") if n == 2 else D[n]


def what(lang, r):
    L = [
        ("管理費", "管理费", "management fee"),
        ("月租", "月租", "monthly rent"),
        ("差餉", "差饷", "government rates"),
        ("呎價", "尺价", "price per square foot"),
        ("佣金", "佣金", "commission"),
        ("印花稅", "印花税", "stamp duty"),
        ("首期", "首付", "down payment"),
        ("叫價", "叫价", "asking price"),
        ("訂金", "订金", "deposit"),
        ("律師費", "律师费", "legal fee"),
        ("實用面積", "实用面积", "saleable area"),
        ("按揭利率", "按揭利率", "mortgage rate"),
        ("成交價", "成交价", "transaction price"),
    ]
    i = r.choice(L)
    return {"yue": i[0], "zh": i[1], "en": i[2]}[lang]


def fac(lang, r):
    L = [
        ("車位", "车位", "a parking space"),
        ("會所", "会所", "a clubhouse"),
        ("泳池", "泳池", "a swimming pool"),
        ("露台", "阳台", "a balcony"),
        ("工人房", "工人房", "a maid's room"),
        ("套房", "套房", "an ensuite bedroom"),
        ("天台", "天台", "a roof terrace"),
        ("電梯", "电梯", "a lift"),
        ("傢俬", "家具", "furniture"),
        ("冷氣", "空调", "air conditioning"),
        ("洗衣機", "洗衣机", "a washing machine"),
        ("校巴", "校车", "a school bus"),
        ("管理員", "管理员", "a caretaker"),
        ("儲物室", "储物室", "a storeroom"),
    ]
    i = r.choice(L)
    return {"yue": i[0], "zh": i[1], "en": i[2]}[lang]


def who(lang, r):
    L = [
        ("客戶", "客户", "the client"),
        ("業主", "业主", "the owner"),
        ("買家", "买家", "the buyer"),
        ("賣家", "卖家", "the seller"),
        ("租客", "租客", "the tenant"),
        ("我朋友", "我朋友", "my friend"),
        ("我太太", "我太太", "my wife"),
        ("經理", "经理", "the manager"),
        ("律師", "律师", "the lawyer"),
        ("同事", "同事", "my colleague"),
    ]
    i = r.choice(L)
    return {"yue": i[0], "zh": i[1], "en": i[2]}[lang]


def near(lang, r):
    L = [
        ("港鐵站", "地铁站", "the MTR station"),
        ("巴士站", "巴士站", "the bus stop"),
        ("學校", "学校", "a school"),
        ("商場", "商场", "a shopping mall"),
        ("公園", "公园", "a park"),
        ("醫院", "医院", "a hospital"),
        ("街市", "菜市场", "the market"),
        ("海邊", "海边", "the sea"),
        ("幼稚園", "幼儿园", "a kindergarten"),
    ]
    i = r.choice(L)
    return {"yue": i[0], "zh": i[1], "en": i[2]}[lang]


def est(lang, r):
    i = r.choice(ESTATES)
    return {"yue": i[0], "zh": i[1], "en": i[2]}[lang]


def dist(lang, r):
    i = r.choice(DISTRICTS)
    return {"yue": i[0], "zh": i[1], "en": i[2]}[lang]


def net(lang, r):
    n = r.choice(
        [
            11,
            12,
            14,
            16,
            18,
            31,
            32,
            34,
            35,
            40,
            41,
            43,
            46,
            48,
            62,
            64,
            65,
            66,
            70,
            71,
            72,
            74,
            80,
            81,
            83,
            84,
            88,
            89,
            91,
            95,
            97,
            98,
            99,
        ]
    )
    return en_num(n) if lang == "en" else zh_num(n)


def loc(lang, r):
    return est(lang, r) if r.random() < 0.6 else dist(lang, r)


SLOTS = {
    "est": est,
    "dist": dist,
    "loc": loc,
    "bud": budget,
    "rent": rent,
    "area": area,
    "rooms": rooms,
    "view": view,
    "floor": floor_,
    "day": day,
    "time": time_,
    "date": date,
    "month": month,
    "name": surname,
    "tel": digits,
    "pct": pct,
    "n": n_small,
    "what": what,
    "fac": fac,
    "who": who,
    "near": near,
    "net": net,
}


def code(lang, r):
    ds = [r.randint(0, 9) for _ in range(r.randint(3, 5))]
    return " ".join(EN1[d] for d in ds) if lang == "en" else "".join(D[d] for d in ds)


SLOTS["d4"] = code

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "phrases.toml"), "rb") as file:
    PHRASES = tomllib.load(file)


def make(lang, r, heavy=False):
    templates = PHRASES[lang]["heavy" if heavy else "usual"]
    t = r.choice(templates)
    # phrases without slots are drawn less often
    if "{" not in t and r.random() < 0.6:
        t = r.choice(templates)

    def f(m):
        k = m.group(1)
        if k == "Who":
            w = who(lang, r)
            return w[0].upper() + w[1:]
        return SLOTS[k](lang, r)

    s = re.sub(r"\{(\w+)\}", f, t)
    if lang == "en":
        s = s.replace("a a ", "a ")
        s = s[0].upper() + s[1:]
        s = re.sub(r"\ba (eight|eleven)", r"an \1", s)
    if lang == "zh":
        s = s.replace("萬", "万")
    return s
