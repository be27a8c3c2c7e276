//! Invented names, in the scripts that trip up software.

use crate::random::{chance, hash, pick};

/// Which words an artist's names are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Script {
    English,
    Romance,
    Nordic,
    Cyrillic,
    Japanese,
    Korean,
    Arabic,
    Symbols,
}

impl Script {
    pub(crate) fn of(dice: u64) -> Self {
        match dice % 100 {
            0..=49 => Self::English,
            50..=63 => Self::Romance,
            64..=73 => Self::Nordic,
            74..=80 => Self::Cyrillic,
            81..=87 => Self::Japanese,
            88..=91 => Self::Korean,
            92..=95 => Self::Arabic,
            _ => Self::Symbols,
        }
    }

    /// Country code of an ISRC.
    pub(crate) fn country(self) -> &'static str {
        match self {
            Self::English => "GB",
            Self::Romance => "FR",
            Self::Nordic => "SE",
            Self::Cyrillic => "UA",
            Self::Japanese => "JP",
            Self::Korean => "KR",
            Self::Arabic => "EG",
            Self::Symbols => "QZ",
        }
    }

    /// Words before, words after, and what joins them.
    fn words(self) -> (&'static [&'static str], &'static [&'static str], &'static str) {
        match self {
            Self::English | Self::Symbols => (ENGLISH_FIRST, ENGLISH_LAST, " "),
            Self::Romance => (ROMANCE_FIRST, ROMANCE_LAST, " "),
            Self::Nordic => (NORDIC_FIRST, NORDIC_LAST, " "),
            Self::Cyrillic => (CYRILLIC_FIRST, CYRILLIC_LAST, " "),
            Self::Japanese => (JAPANESE_FIRST, JAPANESE_LAST, "の"),
            Self::Korean => (KOREAN_FIRST, KOREAN_LAST, " "),
            Self::Arabic => (ARABIC_FIRST, ARABIC_LAST, " "),
        }
    }
}

pub(crate) fn title(script: Script, dice: u64) -> String {
    let (first, last, joint) = script.words();
    let one = pick(hash(&[dice, 1]), first);
    let two = pick(hash(&[dice, 2]), last);
    let plain = match (script, dice % 7) {
        (Script::English, 0) => format!("{two} and {}", pick(hash(&[dice, 3]), last)),
        (Script::English, 1) => format!("Leave the {two} {}", pick(hash(&[dice, 3]), ENGLISH_END)),
        (Script::English, 2) => format!("{one} {two}, {}", pick(hash(&[dice, 3]), PLACES)),
        (Script::Symbols, 0..=2) => format!("{two} {}", pick(hash(&[dice, 3]), SIGNS)),
        (Script::Symbols, 3) => {
            format!("{} ({})", pick(hash(&[dice, 3]), SIGNS), pick(hash(&[dice, 4]), SIGNS))
        }
        (Script::English | Script::Symbols, _) => format!("{one}{joint}{two}"),
        (_, 0 | 1) => format!("{two}{joint}{}", pick(hash(&[dice, 3]), last)),
        (_, 2 | 3) => format!("{one}{joint}{two} {}", pick(hash(&[dice, 3]), NUMERALS)),
        _ => format!("{one}{joint}{two}"),
    };
    let suffix = hash(&[dice, 5]);
    if chance(suffix, 4.0) {
        format!("{plain} - Remastered {}", 2005 + suffix % 20)
    } else if chance(suffix >> 20, 2.0) {
        format!("{plain} - Live at {}", pick(suffix, PLACES))
    } else {
        plain
    }
}

pub(crate) fn artist(script: Script, dice: u64) -> String {
    let (first, last, joint) = script.words();
    let one = pick(hash(&[dice, 6]), first);
    let two = pick(hash(&[dice, 7]), last);
    match (script, dice % 6) {
        (Script::English, 0) => format!("The {one} {two}s"),
        (Script::English, 1) => {
            format!("{} {two}", pick(hash(&[dice, 8]), &["Ida", "Noor", "Wren", "Otis", "Mabel"]))
        }
        (Script::English, 2) => two.to_uppercase(),
        (Script::Symbols, 0..=2) => (*pick(hash(&[dice, 8]), SIGNS)).to_owned(),
        (Script::Symbols, _) => format!("{}{two}", pick(hash(&[dice, 8]), &["!", "$", "+", "ø"])),
        _ => format!("{one}{joint}{two}"),
    }
}

const ENGLISH_FIRST: &[&str] = &[
    "Amber", "Bitter", "Borrowed", "Broken", "Copper", "Distant", "Early", "Empty", "Feral", "Frozen",
    "Gentle", "Gilded", "Half", "Hollow", "Honest", "Idle", "Indigo", "Last", "Little", "Lonesome", "Loud",
    "Lunar", "Midnight", "Neon", "Northern", "Ordinary", "Paper", "Patient", "Plastic", "Quiet", "Restless",
    "Rusted", "Salted", "Second", "Secret", "Silver", "Slow", "Sudden", "Tender", "Velvet", "Violet",
    "Wooden",
];
const ENGLISH_LAST: &[&str] = &[
    "Anchor",
    "Arcade",
    "Atlas",
    "Avenue",
    "Balcony",
    "Beacon",
    "Bicycle",
    "Canyon",
    "Carousel",
    "Cathedral",
    "Citizen",
    "Comet",
    "Compass",
    "Corridor",
    "Current",
    "Distance",
    "Engine",
    "Feather",
    "Ferry",
    "Garden",
    "Harbour",
    "Horizon",
    "Interval",
    "Kingdom",
    "Lantern",
    "Ledger",
    "Letter",
    "Machine",
    "Meridian",
    "Mirror",
    "Orchard",
    "Orbit",
    "Parade",
    "Postcard",
    "Ribbon",
    "River",
    "Satellite",
    "Season",
    "Signal",
    "Staircase",
    "Stranger",
    "Telegram",
    "Tide",
    "Tower",
    "Weather",
    "Window",
];
const ENGLISH_END: &[&str] = &["On", "Behind", "Open", "Alone", "Till Morning"];
const PLACES: &[&str] = &[
    "Lisbon",
    "Leeds",
    "Oslo",
    "Kyoto",
    "Tbilisi",
    "Montréal",
    "Valparaíso",
    "Tallinn",
    "Dakar",
    "Reykjavík",
];
const NUMERALS: &[&str] = &["II", "III", "IV", "(2)", "– 7", "No. 5"];
const ROMANCE_FIRST: &[&str] = &[
    "Café", "Corazón", "Été", "Fleur", "L'ombre", "Luna", "Mañana", "Nuit", "Où", "Saudade", "Señora", "Vent",
];
const ROMANCE_LAST: &[&str] = &[
    "Bleue",
    "Coração",
    "d'Hiver",
    "d'Août",
    "de Papel",
    "del Mar",
    "Éternelle",
    "Perdida",
    "Sans Fin",
    "Sauvage",
    "São João",
    "Vermelha",
];
const NORDIC_FIRST: &[&str] =
    &["Blå", "Dýr", "Første", "Hjem", "Høst", "Ísland", "Koli", "Lång", "Mörk", "Sommer", "Töölö", "Åska"];
const NORDIC_LAST: &[&str] =
    &["Dröm", "Fjell", "Hav", "Ljós", "Måne", "Nätter", "Ørken", "Sjö", "Stjärna", "Vinter", "Yö", "Þögn"];
const CYRILLIC_FIRST: &[&str] =
    &["Белый", "Вечерний", "Дальний", "Зимний", "Медный", "Ночной", "Первый", "Северный", "Тихий", "Чужой"];
const CYRILLIC_LAST: &[&str] =
    &["берег", "ветер", "голос", "город", "дождь", "катер", "поезд", "свет", "сон", "экран"];
const JAPANESE_FIRST: &[&str] = &["夜", "朝", "真夏", "雨", "東京", "ガラス", "月", "星屑", "透明", "金曜日"];
const JAPANESE_LAST: &[&str] =
    &["手紙", "電車", "海", "メロディ", "窓", "約束", "ダンス", "帰り道", "記憶", "カーテン"];
const KOREAN_FIRST: &[&str] = &["푸른", "작은", "오래된", "느린", "하얀", "마지막", "새벽"];
const KOREAN_LAST: &[&str] = &["바다", "편지", "거리", "노래", "여름", "골목", "별빛"];
const ARABIC_FIRST: &[&str] = &["ليل", "قمر", "مدينة", "ريح", "صوت", "طريق", "نهر"];
const ARABIC_LAST: &[&str] = &["البحر", "الغياب", "الصيف", "القديم", "الياسمين", "الضوء", "المطر"];
const SIGNS: &[&str] = &[
    "÷", "+", "×", "=", "∆", "( )", "…", "#1", "1999", "22:47", "∞", "¿?", "!!!", "★", "%", "a/b", "AC|DC",
    "<3", "&", "“”", "¥€$", "🌙",
];
